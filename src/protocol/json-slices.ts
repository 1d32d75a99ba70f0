const WHITESPACE = /[ \t\n\r]/;

/**
 * Source text of the values of a JSON object, by key; the last of equal keys wins, as in JSON.parse.
 * The text must already be known to be valid JSON (it went through JSON.parse): payloads are stored as the text that came,
 * because parsing and serialising again would rewrite numbers, escapes and the order of keys.
 */
export function memberTexts(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let index = skipWhitespace(json, 0);
  if (json[index] !== '{') return members;
  index = skipWhitespace(json, index + 1);
  while (json[index] === '"') {
    const keyEnd = endOfString(json, index);
    const key = JSON.parse(json.slice(index, keyEnd)) as string;
    const start = skipWhitespace(json, skipWhitespace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    members.set(key, json.slice(start, end));
    index = skipWhitespace(json, end);
    if (json[index] !== ',') break;
    index = skipWhitespace(json, index + 1);
  }
  return members;
}

/** Source texts of the elements of a JSON array; the text must already be known to be valid JSON. */
export function elementTexts(json: string): readonly string[] {
  const elements: string[] = [];
  let index = skipWhitespace(json, 0);
  if (json[index] !== '[') return elements;
  index = skipWhitespace(json, index + 1);
  while (index < json.length && json[index] !== ']') {
    const end = endOfValue(json, index);
    elements.push(json.slice(index, end));
    index = skipWhitespace(json, end);
    if (json[index] === ',') index = skipWhitespace(json, index + 1);
  }
  return elements;
}

function skipWhitespace(json: string, from: number): number {
  let index = from;
  while (index < json.length && WHITESPACE.test(json[index] as string)) index += 1;
  return index;
}

function endOfString(json: string, start: number): number {
  let index = start + 1;
  while (json[index] !== '"') index += json[index] === '\\' ? 2 : 1;
  return index + 1;
}

function endOfValue(json: string, start: number): number {
  const first = json[start];
  if (first === '"') return endOfString(json, start);
  if (first !== '{' && first !== '[') {
    let index = start;
    while (index < json.length && !/[,\]} \t\n\r]/.test(json[index] as string)) index += 1;
    return index;
  }
  let depth = 0;
  for (let index = start; index < json.length; index += 1) {
    const character = json[index];
    if (character === '"') {
      index = endOfString(json, index) - 1;
    } else if (character === '{' || character === '[') {
      depth += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return json.length;
}
