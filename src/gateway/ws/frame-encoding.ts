import type { FrameBatch } from '../../messaging/frame.js';

/** How frames leave where that is not as they are: compressed, or as server-sent events. Each is encoded once, whoever asks first. */
export class FrameEncoding {
  private readonly known = new WeakMap<Buffer, Buffer>();

  constructor(private readonly encode: (frame: Buffer) => Buffer) {}

  frame(bytes: Buffer): Buffer {
    const known = this.known.get(bytes);
    if (known !== undefined) return known;
    const encoded = this.encode(bytes);
    this.known.set(bytes, encoded);
    return encoded;
  }

  batch({ bytes, frames }: FrameBatch): Buffer {
    if (frames.length === 1) return this.frame(bytes);
    const known = this.known.get(bytes);
    if (known !== undefined) return known;
    const parts = frames.map((frame) => this.frame(frame.bytes));
    const encoded = parts.every((part, index) => part === frames[index]?.bytes) ? bytes : Buffer.concat(parts);
    this.known.set(bytes, encoded);
    return encoded;
  }

  /** Bytes that are encoded already: they pass unchanged. */
  passing(bytes: Buffer): Buffer {
    this.known.set(bytes, bytes);
    return bytes;
  }
}
