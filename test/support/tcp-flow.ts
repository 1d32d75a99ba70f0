import type { Socket } from 'node:net';

/** Bytes read ahead of a slow or delayed receiver; beyond it the sender is not read. */
const AHEAD_BYTES = 1_048_576;

/** What a network does to one direction. */
export interface FlowShape {
  /** How long the next chunk is on its way, in milliseconds; order is kept. 0: it is not held at all. */
  readonly delayMs: () => number;
  /** 0: no limit. */
  readonly bytesPerSecond: number;
}

export const UNSHAPED: FlowShape = { delayMs: () => 0, bytesPerSecond: 0 };

interface Waiting {
  readonly chunk: Buffer;
  readonly dueAt: number;
}

/** One direction of a proxied connection: keeps the order of the bytes, and when they may go. */
export class Flow {
  /** Reads and passes nothing on. */
  dropping = false;
  /** The watcher breaks the connection at the next chunk, which is not passed on. */
  cutting = false;
  /** Breaks the connection once what was read has been passed on. */
  thenCut = false;
  private shape: FlowShape = UNSHAPED;
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  /** When the receiver may get more under `bytesPerSecond`. */
  private freeAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    watch: (chunk: Buffer) => void,
  ) {
    from.on('data', (chunk: Buffer) => {
      watch(chunk);
      if (!this.cutting && !this.dropping) this.pass(chunk);
    });
    from.once('end', () => this.end());
    from.once('close', () => clearTimeout(this.timer));
    to.on('drain', () => from.resume());
  }

  /** What is on its way already keeps its delay; a limit of bytes that is lifted holds nothing up any more. */
  become(shape: FlowShape): void {
    this.shape = shape;
    this.freeAt = 0;
    if (this.waiting.length > 0) this.pump();
  }

  private pass(chunk: Buffer): void {
    const delayMs = this.shape.delayMs();
    if (this.waiting.length === 0 && delayMs === 0 && this.shape.bytesPerSecond === 0) return this.write(chunk);
    this.waiting.push({ chunk, dueAt: performance.now() + delayMs });
    this.waitingBytes += chunk.length;
    if (this.waitingBytes > AHEAD_BYTES) this.from.pause();
    this.pump();
  }

  private pump(): void {
    clearTimeout(this.timer);
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const now = performance.now();
      const at = Math.max(next.dueAt, this.freeAt);
      if (at > now) {
        this.timer = setTimeout(() => this.pump(), Math.ceil(at - now));
        return;
      }
      this.waiting.shift();
      this.waitingBytes -= next.chunk.length;
      const { bytesPerSecond } = this.shape;
      if (bytesPerSecond > 0) this.freeAt = now + (next.chunk.length / bytesPerSecond) * 1_000;
      this.write(next.chunk);
    }
    if (this.from.readableEnded) this.to.end();
    else this.from.resume();
  }

  private write(chunk: Buffer): void {
    if (this.to.destroyed) return;
    const { thenCut } = this;
    const passed = this.to.write(chunk, () => {
      if (!thenCut) return;
      this.from.destroy();
      this.to.destroy();
    });
    if (!passed) this.from.pause();
  }

  private end(): void {
    if (this.waiting.length === 0) this.to.end();
  }
}
