const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASKED = 0x80;
const FINAL_AND_EXTENSIONS = 0xf0;
const FINAL = 0x80;

export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** The payload stands in `bytes` from `start` to `end`, and only during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/**
 * Finds the frames in what a server sends (RFC 6455, section 5.2) without copying a whole one. It knows as much as this load
 * needs: a fragment, an extension or a mask is an error, because this server sends none of them unasked.
 */
export class ServerFrameReader {
  private rest: Buffer | undefined;
  private readonly onFrame: OnFrame;

  constructor(onFrame: OnFrame) {
    this.onFrame = onFrame;
  }

  /** Throws at what is no frame of this kind. */
  take(chunk: Buffer): void {
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    let offset = 0;
    for (;;) {
      const next = this.frameAt(bytes, offset);
      if (next === undefined) break;
      offset = next;
    }
    // A copy: whoever reads into one buffer for all sockets overwrites the chunk after this call.
    this.rest = offset === bytes.length ? undefined : Buffer.from(bytes.subarray(offset));
  }

  /** Answers where the frame ends; undefined while it is not whole. */
  private frameAt(bytes: Buffer, offset: number): number | undefined {
    if (bytes.length - offset < 2) return undefined;
    const head = bytes[offset] as number;
    const short = bytes[offset + 1] as number;
    if ((head & FINAL_AND_EXTENSIONS) !== FINAL || (short & MASKED) !== 0) {
      throw new Error(`the server sent a frame that begins with ${head.toString(16)} ${short.toString(16)}`);
    }
    let start = offset + 2;
    let length = short;
    if (short === LENGTH_16) {
      if (bytes.length < start + 2) return undefined;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (short === LENGTH_64) {
      if (bytes.length < start + 8) return undefined;
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    const end = start + length;
    if (bytes.length < end) return undefined;
    this.onFrame(head & 0x0f, bytes, start, end);
    return end;
  }
}
