const FINAL_TEXT = 0x81;

/**
 * One unfragmented, unmasked text frame (RFC 6455 section 5.2), as servers send them. Built once per message and
 * written to every subscriber: server frames carry no mask, so the bytes are the same for all.
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = FINAL_TEXT;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header, 'utf8');
  return frame;
}

/** Texts of whole, unmasked text frames that stand one behind the other, as `textFrame` writes them. Throws a `RangeError` for anything else. */
export function textsOfFrames(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const { start, end } = textSpan(bytes, offset);
    texts.push(bytes.toString('utf8', start, end));
    offset = end;
  }
  return texts;
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
