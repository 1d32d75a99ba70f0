import { NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { choicesOf, type EntryKind } from './entry.ts';

interface EntryFieldProps {
  readonly kind: EntryKind;
  /** What is allowed, in words; a list of choices where there is one. */
  readonly values: string;
  readonly unit: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** The field that a value of this kind is entered in. */
export function EntryField({ kind, values, unit, text, onChange }: EntryFieldProps) {
  const label = unit === '-' || unit === 'text' ? 'New value' : `New value (${unit})`;
  const common = { label, 'data-autofocus': true, spellCheck: false };
  if (kind === 'yes-no' || kind === 'choice')
    return (
      <Select
        {...common}
        allowDeselect={false}
        data={kind === 'yes-no' ? ['true', 'false'] : [...choicesOf(values)]}
        value={text}
        onChange={(next) => onChange(next ?? '')}
      />
    );
  if (kind === 'number')
    return <NumberInput {...common} description={values} value={text} onChange={(next) => onChange(String(next))} hideControls />;
  if (kind === 'list' || kind === 'json')
    return (
      <Textarea
        {...common}
        description={kind === 'list' ? `${values}, one to a line` : values}
        autosize
        minRows={3}
        maxRows={12}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return <TextInput {...common} description={values} value={text} onChange={(event) => onChange(event.currentTarget.value)} />;
}
