import { Button, Group, Select, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';

export interface Filter {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  /** A choice instead of a text. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly width?: number;
}

interface FilterBarProps {
  readonly filters: readonly Filter[];
  readonly values: Readonly<Record<string, string>>;
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
}

/** Fields over a list. Texts take effect with Enter or when left; choices at once. */
export function FilterBar({ filters, values, onChange }: FilterBarProps) {
  const [draft, setDraft] = useState(values);
  const key = JSON.stringify(filters.map(({ name }) => values[name]));
  useEffect(() => {
    setDraft(values);
    // The address decides when it changes, as with the way back.
  }, [key]);
  const apply = (changed: Readonly<Record<string, string>> = draft) => {
    if (filters.some(({ name }) => (changed[name] ?? '') !== (values[name] ?? ''))) onChange(changed);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply();
  };
  const isSet = filters.some(({ name, choices }) => choices === undefined && (values[name] ?? '') !== '');
  return (
    <Group component="form" role="search" aria-label="Filters" gap="xs" align="flex-end" onSubmit={submit}>
      {filters.map((filter) =>
        filter.choices === undefined ? (
          <TextInput
            key={filter.name}
            size="xs"
            w={filter.width ?? 150}
            label={filter.label}
            placeholder={filter.placeholder ?? ''}
            spellCheck={false}
            value={draft[filter.name] ?? ''}
            onChange={(event) => setDraft({ ...draft, [filter.name]: event.currentTarget.value })}
            onBlur={() => apply()}
          />
        ) : (
          <Select
            key={filter.name}
            size="xs"
            w={filter.width ?? 130}
            label={filter.label}
            allowDeselect={false}
            data={[...filter.choices]}
            value={values[filter.name] ?? ''}
            onChange={(value) => apply({ ...draft, [filter.name]: value ?? '' })}
          />
        ),
      )}
      <button type="submit" hidden aria-hidden tabIndex={-1} />
      {isSet && (
        <Button
          size="xs"
          variant="subtle"
          onClick={() =>
            apply({
              ...values,
              ...Object.fromEntries(filters.filter(({ choices }) => choices === undefined).map(({ name }) => [name, ''])),
            })
          }
        >
          Clear
        </Button>
      )}
    </Group>
  );
}
