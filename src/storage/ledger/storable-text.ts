/** Text as Postgres can store it, in `jsonb` too: without U+0000 and lone surrogates, which peers may put into what they send. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}

/** A value as JSON that Postgres can store. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'string' ? storableText(member) : member));
}
