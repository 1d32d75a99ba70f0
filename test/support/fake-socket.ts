import { Duplex } from 'node:stream';
import { framesOf, type SeenFrame } from './messaging-core.js';

type Done = (error?: Error | null) => void;

/** A socket whose kernel takes as many bytes as a test allows, and that remembers every byte it was given and took. */
export class FakeSocket extends Duplex {
  /** Bytes that the kernel still takes. */
  room = 0;
  /** The next write fails. */
  failing = false;
  private readonly given: Buffer[] = [];
  private takenBytes = 0;
  private pending: { readonly done: Done; left: number } | undefined;

  override write(chunk: Buffer, ...rest: unknown[]): boolean {
    if (!this.destroyed) this.given.push(chunk);
    return super.write(chunk, ...(rest as []));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.failing) return done(new Error('the peer is gone'));
    this.pending = { done, left: chunk.length };
    this.move();
  }

  override _destroy(_error: Error | null, done: Done): void {
    this.pending = undefined;
    done(null);
  }

  /** The peer reads so much. */
  drain(bytes: number): void {
    this.room += bytes;
    this.move();
  }

  /** Frames that it was given, taken or not. */
  get givenFrames(): readonly SeenFrame[] {
    return framesOf(Buffer.concat(this.given));
  }

  /** Frames whose last byte the kernel has taken. */
  get takenFrames(): readonly SeenFrame[] {
    return framesOf(whole(Buffer.concat(this.given).subarray(0, this.takenBytes)));
  }

  private move(): void {
    const { pending } = this;
    if (pending === undefined) return;
    const taken = Math.min(this.room, pending.left);
    this.room -= taken;
    this.takenBytes += taken;
    pending.left -= taken;
    if (pending.left > 0) return;
    this.pending = undefined;
    pending.done();
  }
}

/** As far as frames are whole. */
function whole(bytes: Buffer): Buffer {
  let index = 0;
  while (index + 2 <= bytes.length) {
    const short = bytes.readUInt8(index + 1);
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (index + header > bytes.length) break;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(index + 2) : Number(bytes.readBigUInt64BE(index + 2));
    if (index + header + length > bytes.length) break;
    index += header + length;
  }
  return bytes.subarray(0, index);
}
