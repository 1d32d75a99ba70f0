const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Source text of the values of a JSON object, by key; the last of equal keys wins, as in JSON.parse.
 * The text must already be known to be valid JSON (it went through JSON.parse): payloads are stored as the text that came,
 * because parsing and serialising again would rewrite numbers, escapes and the order of keys.
 */
export function memberTexts(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let index = skipWhitespace(json, 0);
  if (json.charCodeAt(index) !== OPEN_BRACE) return members;
  index = skipWhitespace(json, index + 1);
  while (json.charCodeAt(index) === QUOTE) {
    const keyEnd = endOfString(json, index);
    const key = keyOf(json, index, keyEnd);
    const start = skipWhitespace(json, skipWhitespace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    members.set(key, json.slice(start, end));
    index = skipWhitespace(json, end);
    if (json.charCodeAt(index) !== COMMA) break;
    index = skipWhitespace(json, index + 1);
  }
  return members;
}

/** Source texts of the elements of a JSON array; the text must already be known to be valid JSON. */
export function elementTexts(json: string): readonly string[] {
  const elements: string[] = [];
  let index = skipWhitespace(json, 0);
  if (json.charCodeAt(index) !== OPEN_BRACKET) return elements;
  index = skipWhitespace(json, index + 1);
  while (index < json.length && json.charCodeAt(index) !== CLOSE_BRACKET) {
    const end = endOfValue(json, index);
    elements.push(json.slice(index, end));
    index = skipWhitespace(json, end);
    if (json.charCodeAt(index) === COMMA) index = skipWhitespace(json, index + 1);
  }
  return elements;
}

/** A key's text; only one with escapes needs decoding. */
function keyOf(json: string, start: number, end: number): string {
  const written = json.slice(start + 1, end - 1);
  return written.includes('\\') ? (JSON.parse(json.slice(start, end)) as string) : written;
}

function skipWhitespace(json: string, from: number): number {
  let index = from;
  while (index < json.length && isWhitespace(json.charCodeAt(index))) index += 1;
  return index;
}

/** Space, tab, line feed, carriage return (RFC 8259 section 2). */
function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function endOfString(json: string, start: number): number {
  let index = start + 1;
  while (index < json.length && json.charCodeAt(index) !== QUOTE) index += json.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index + 1;
}

function endOfValue(json: string, start: number): number {
  const first = json.charCodeAt(start);
  if (first === QUOTE) return endOfString(json, start);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return endOfPlainValue(json, start);
  let depth = 0;
  for (let index = start; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(json, index) - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return json.length;
}

/** Of a number, true, false or null. */
function endOfPlainValue(json: string, start: number): number {
  let index = start;
  while (index < json.length) {
    const code = json.charCodeAt(index);
    if (code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE || isWhitespace(code)) break;
    index += 1;
  }
  return index;
}
