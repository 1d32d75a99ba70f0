/** Whether text stands anywhere in a parsed JSON value that holds U+0000, which Postgres stores in no text. */
export function holdsNullCharacter(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => name.includes('\0') || holdsNullCharacter(member));
}

/** What is wrong with such a value, as the second half of a sentence. */
export const NULL_CHARACTER_PROBLEM = 'holds U+0000, which cannot be stored';
