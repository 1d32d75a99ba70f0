import { randomBytes } from 'node:crypto';

const FINAL = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Opcodes of RFC 6455, section 5.2. */
export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One whole frame as a client sends it: final and masked (RFC 6455, section 5.3). */
export function clientFrame(opcode: number, payload: Buffer | string): Buffer {
  const content = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const { length } = content;
  const extension = length < LENGTH_16 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extension + MASK_BYTES;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FINAL | opcode;
  frame[1] = MASKED | (extension === 0 ? length : extension === 2 ? LENGTH_16 : LENGTH_64);
  if (extension === 2) frame.writeUInt16BE(length, 2);
  if (extension === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(MASK_BYTES);
  mask.copy(frame, start - MASK_BYTES);
  for (let index = 0; index < length; index += 1) {
    frame[start + index] = (content[index] as number) ^ (mask[index % MASK_BYTES] as number);
  }
  return frame;
}
