import { canonicalJson } from './canonical-json.js';

/** Largest `before` or `after`, in characters of JSON: a record is evidence, not an archive. */
const LONGEST_JSON = 16_384;
/** Postgres stores no NUL in text, and none in jsonb. */
const NUL = /\0/g;

/** A text that any database stores as it is, cut to `longest` UTF-16 units. */
export function plainText(text: string, longest: number): string {
  const clean = text.replace(NUL, '').toWellFormed();
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1).toWellFormed()}…`;
}

/** A value as JSON brings it back; undefined where there is nothing. One that is too large is replaced by its size. */
export function plainJson(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  const plain = clean(JSON.parse(JSON.stringify(value) ?? 'null') as unknown);
  if (plain === null) return undefined;
  const { length } = canonicalJson(plain);
  return length <= LONGEST_JSON ? plain : { omitted: `${length} characters of JSON; a record holds at most ${LONGEST_JSON}` };
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value, Infinity);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [plainText(name, Infinity), clean(member)]));
}
