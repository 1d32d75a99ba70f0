const LONGEST = 256;
/** Control, format, line and paragraph separators and lone surrogates: what could forge a line or hide in a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNPRINTABLE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text that somebody else chose, fit for a log line or a span: unprintable characters escaped, and cut. */
export function cut(text: string, longest: number = LONGEST): string {
  if (text.length <= longest) return text.replace(UNPRINTABLE, escapeCharacter);
  const escaped = text.slice(0, longest).replace(UNPRINTABLE, escapeCharacter);
  return copyOf(`${escaped}… (${text.length} characters)`);
}

/** The same for text of several lines, such as a stack. */
export function cutLines(text: string, longest: number): string {
  const escaped = text.slice(0, longest).replace(UNPRINTABLE_BUT_LINES, escapeCharacter);
  return text.length > longest ? `${escaped}…` : escaped;
}

/** A part of a text keeps the whole of it in memory: what is kept for long must not. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
