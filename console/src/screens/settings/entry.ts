import type { Setting } from './setting.ts';

/** How a value is entered: which field stands there. */
export type EntryKind = 'yes-no' | 'choice' | 'number' | 'list' | 'json' | 'text';

export function kindOf({ value, default: standard, values }: Setting): EntryKind {
  const known = standard ?? value;
  if (typeof known === 'boolean' || values === 'true, false') return 'yes-no';
  if (typeof known === 'number') return 'number';
  if (Array.isArray(known)) return 'list';
  if (typeof known === 'object' && known !== null) return 'json';
  return choicesOf(values).length > 1 ? 'choice' : 'text';
}

/** `trace, debug, info` as choices; none where values are described in words. */
export function choicesOf(values: string): readonly string[] {
  const words = values.split(', ');
  return words.length > 1 && words.every((word) => /^[\w.-]+$/.test(word)) ? words : [];
}

/** What the field begins with. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(String).join('\n');
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}

/** The value that was entered. Throws where the text is none of its kind; whether the value is allowed the gateway says. */
export function valueOf(kind: EntryKind, text: string): unknown {
  switch (kind) {
    case 'yes-no':
      return text === 'true';
    case 'number':
      return numberOf(text);
    case 'list':
      return text
        .split(/[\n,]/)
        .map((word) => word.trim())
        .filter((word) => word !== '');
    case 'json':
      return JSON.parse(text) as unknown;
    case 'choice':
    case 'text':
      return text;
  }
}

function numberOf(text: string): number {
  const number = Number(text.trim());
  if (text.trim() === '' || Number.isNaN(number)) throw new Error('Write a number.');
  return number;
}

/** How long a change lasts: seconds as text; empty where it stays. */
export const LASTS = [
  { value: '', label: 'Until it is changed again' },
  { value: '600', label: '10 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '28800', label: '8 hours' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
] as const;
