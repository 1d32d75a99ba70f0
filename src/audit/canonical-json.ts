/**
 * JSON as RFC 8785 (JCS) writes it: members sorted by UTF-16 code units, no spaces, numbers and text as ECMAScript writes them. Two
 * values are equal exactly where their texts are. Takes what JSON.parse answers.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
