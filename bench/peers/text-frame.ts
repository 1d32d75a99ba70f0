const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** A whole unmasked text message as one frame (RFC 6455, section 5.2). */
export function textFrame(payload: Buffer): Buffer {
  const { length } = payload;
  if (length < LENGTH_16) return Buffer.concat([Buffer.from([FINAL_TEXT, length]), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = FINAL_TEXT;
  head[1] = length < 65_536 ? LENGTH_16 : LENGTH_64;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
