const MASKED = 0x80;
const OPCODE_BITS = 0x0f;
const FINAL = 0x80;
const FINAL_AND_RESERVED = 0xf0;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** The payload stands in `bytes` from `start` to `end`, and only during the call. */
export type OnServerFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/**
 * Finds the frames in what a gateway sends (RFC 6455, section 5.2). What came of an unfinished frame is copied, because the chunk's
 * memory belongs to every socket of the process; whole frames are not.
 */
export class ServerFrames {
  private rest: Buffer | undefined;

  /** Throws at a fragment, an extension or a mask: this gateway sends none of them. */
  take(chunk: Buffer, onFrame: OnServerFrame): void {
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    let offset = 0;
    for (let end = endOfFrame(bytes, offset); end !== undefined; end = endOfFrame(bytes, offset)) {
      onFrame((bytes[offset] as number) & OPCODE_BITS, bytes, offset + headLength(bytes, offset), end);
      offset = end;
    }
    this.rest = offset === bytes.length ? undefined : Buffer.from(bytes.subarray(offset));
  }
}

function headLength(bytes: Buffer, offset: number): number {
  const short = bytes[offset + 1] as number;
  return short === LENGTH_16 ? 4 : short === LENGTH_64 ? 10 : 2;
}

/** Undefined while the frame is not whole. */
function endOfFrame(bytes: Buffer, offset: number): number | undefined {
  const available = bytes.length - offset;
  if (available < 2) return undefined;
  const first = bytes[offset] as number;
  const short = bytes[offset + 1] as number;
  if ((first & FINAL_AND_RESERVED) !== FINAL || (short & MASKED) !== 0) {
    throw new Error(`a frame begins with ${first.toString(16)} ${short.toString(16)}, which this gateway never sends`);
  }
  const head = headLength(bytes, offset);
  if (available < head) return undefined;
  const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(offset + 2) : Number(bytes.readBigUInt64BE(offset + 2));
  return available < head + length ? undefined : offset + head + length;
}
