const FINAL_TEXT = 0x81;
/** RSV1 (RFC 7692 section 6): the payload is compressed. */
const COMPRESSED = 0x40;

/**
 * One unfragmented, unmasked text frame (RFC 6455 section 5.2), as servers send them. Built once per message and
 * written to every subscriber: server frames carry no mask, so the bytes are the same for all.
 */
export function textFrame(text: string): Buffer {
  const { frame, start } = emptyFrame(FINAL_TEXT, Buffer.byteLength(text));
  frame.write(text, start, 'utf8');
  return frame;
}

/** The same with a payload that has been compressed. */
export function compressedTextFrame(payload: Buffer): Buffer {
  const { frame, start } = emptyFrame(FINAL_TEXT | COMPRESSED, payload.length);
  payload.copy(frame, start);
  return frame;
}

/** The text of one whole, unmasked text frame, as `textFrame` writes it. Throws a `RangeError` for anything else. */
export function textOfFrame(bytes: Buffer): string {
  return payloadOfFrame(bytes).toString();
}

/** The bytes of that text: a view, not a copy. */
export function payloadOfFrame(bytes: Buffer): Buffer {
  const { start, end } = textSpan(bytes, 0);
  if (end !== bytes.length) throw new RangeError(`something stands behind the frame, at byte ${end}`);
  return bytes.subarray(start, end);
}

function emptyFrame(first: number, length: number): { readonly frame: Buffer; readonly start: number } {
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = first;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return { frame, start };
}

function textSpan(bytes: Buffer, offset: number): { readonly start: number; readonly end: number } {
  const short = bytes[offset + 1];
  if (bytes[offset] !== FINAL_TEXT || short === undefined || short > 127) throw new RangeError(`no unmasked text frame at byte ${offset}`);
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (offset + header > bytes.length) throw new RangeError(`the frame at byte ${offset} is cut off`);
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(offset + 2) : Number(bytes.readBigUInt64BE(offset + 2));
  const start = offset + header;
  if (start + length > bytes.length) throw new RangeError(`the frame at byte ${offset} is cut off`);
  return { start, end: start + length };
}
