import { randomBytes } from 'node:crypto';

/** Crockford's base32: no I, L, O or U, so that nothing is misheard or misread. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 8;

/** A reference that a person can read aloud to support: `7KQ2-M9XD`. 40 bits; unique among the connections of a node by its registry. */
export function newConnectionRef(): string {
  const bytes = randomBytes(CHARACTERS);
  let text = '';
  for (const byte of bytes) text += ALPHABET[byte & 31];
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}
