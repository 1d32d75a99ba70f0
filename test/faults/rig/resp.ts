const LINE_END = '\r\n';
const PUSHES = ['*3\r\n$7\r\nmessage\r\n', '*3\r\n$8\r\nsmessage\r\n', '>3\r\n$7\r\nmessage\r\n', '>3\r\n$8\r\nsmessage\r\n'] as const;

/** Where the value that begins at a place ends, in the protocol of Redis (RESP 2 and 3); undefined where it has not all come yet. */
export function endOfValue(bytes: Buffer, at = 0): number | undefined {
  const lineEnd = bytes.indexOf(LINE_END, at);
  if (lineEnd === -1) return undefined;
  const next = lineEnd + LINE_END.length;
  const count = Number(bytes.toString('latin1', at + 1, lineEnd));
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case '$':
    case '=':
    case '!': {
      const end = count < 0 ? next : next + count + LINE_END.length;
      return end <= bytes.length ? end : undefined;
    }
    case '*':
    case '>':
    case '~':
      return endOfValues(bytes, next, count);
    case '%':
      return endOfValues(bytes, next, 2 * count);
    default:
      return next;
  }
}

/** Whether a value tells a subscriber what was published. */
export function isPublished(value: Buffer): boolean {
  return PUSHES.some((beginning) => value.subarray(0, beginning.length).equals(Buffer.from(beginning)));
}

function endOfValues(bytes: Buffer, at: number, count: number): number | undefined {
  let end: number | undefined = at;
  for (let index = 0; index < count && end !== undefined; index += 1) end = endOfValue(bytes, end);
  return end;
}
