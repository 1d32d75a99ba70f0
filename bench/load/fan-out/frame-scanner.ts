import { OPCODE } from '../../../src/cli/bench/client-frame.ts';

const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASKED = 0x80;
const FINAL_AND_EXTENSIONS = 0xf0;
const FINAL = 0x80;
const OPCODE_BITS = 0x0f;
const LONGEST_HEAD = 10;

/** A frame that is no delivery: a control frame, or a message shorter than any delivery. The payload is the caller's. */
export type OnOther = (opcode: number, payload: Buffer) => void;

/**
 * Counts the frames in what a server sends (RFC 6455, section 5.2) by walking from head to head, whichever way the bytes are cut:
 * a delivery's payload is neither copied nor looked at. What it counts nobody else has to remember, so the chunk may be reused.
 */
export class FrameScanner {
  /** Deliveries that are whole. */
  frames = 0;
  /** Payload bytes of all frames counted. */
  payloadBytes = 0;
  readonly #shortest: number;
  readonly #onOther: OnOther;
  /** A head that the end of a chunk has cut. */
  readonly #head = Buffer.alloc(LONGEST_HEAD);
  #headBytes = 0;
  #opcode = 0;
  #length = 0;
  #missing = 0;
  #other: Buffer | undefined;

  /** `shortest`: payload bytes from which on a message counts as a delivery. */
  constructor(shortest: number, onOther: OnOther) {
    this.#shortest = shortest;
    this.#onOther = onOther;
  }

  /** Takes the first `end` bytes. Throws at what no server of this load sends: a fragment, an extension, a mask. */
  take(bytes: Buffer, end: number): void {
    let at = 0;
    while (at < end) {
      if (this.#missing === 0) {
        at += this.#takeHead(bytes, at, end);
        continue;
      }
      const taken = Math.min(this.#missing, end - at);
      this.#other?.set(bytes.subarray(at, at + taken), this.#length - this.#missing);
      this.#missing -= taken;
      at += taken;
      if (this.#missing === 0) this.#frameEnded();
    }
  }

  /** Answers how many bytes of the chunk belong to the head. */
  #takeHead(bytes: Buffer, at: number, end: number): number {
    if (this.#headBytes === 0 && end - at >= LONGEST_HEAD) return this.#begin(bytes, at);
    this.#head[this.#headBytes] = bytes[at] as number;
    this.#headBytes += 1;
    if (this.#headBytes < 2 || this.#headBytes < headBytes(this.#head[1] as number)) return 1;
    this.#headBytes = 0;
    this.#begin(this.#head, 0);
    return 1;
  }

  /** Answers the length of the head that stands at `at`. */
  #begin(bytes: Buffer, at: number): number {
    const first = bytes[at] as number;
    const short = bytes[at + 1] as number;
    if ((first & FINAL_AND_EXTENSIONS) !== FINAL || (short & MASKED) !== 0) {
      throw new Error(`the server sent a frame that begins with ${first.toString(16)} ${short.toString(16)}`);
    }
    this.#opcode = first & OPCODE_BITS;
    this.#length = short < LENGTH_16 ? short : short === LENGTH_16 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    this.#missing = this.#length;
    if (this.#opcode >= OPCODE.close || this.#length < this.#shortest) this.#other = Buffer.alloc(this.#length);
    if (this.#length === 0) this.#frameEnded();
    return headBytes(short);
  }

  #frameEnded(): void {
    const other = this.#other;
    if (other === undefined) {
      this.frames += 1;
      this.payloadBytes += this.#length;
      return;
    }
    this.#other = undefined;
    this.#onOther(this.#opcode, other);
  }
}

function headBytes(short: number): number {
  return short < LENGTH_16 ? 2 : short === LENGTH_64 ? LONGEST_HEAD : 4;
}
