import type { BatchOrigin, FrameBatch } from '../../messaging/subscriber.js';

/**
 * What the kernel has not taken of one connection's frames: the batch the socket is busy with, and those that wait behind it, oldest
 * first. Exists only while something waits.
 */
export class Backlog {
  /** When the waiting began, in milliseconds of `performance.now()`. */
  readonly since = performance.now();
  /** Bytes and frames that count against the budgets: replays do not. */
  countedBytes = 0;
  countedFrames = 0;
  /** Bytes that wait here; the socket's own buffer not included. */
  waitingBytes = 0;
  frames = 0;
  /** How long nothing has moved, in milliseconds of the heartbeat's clock. */
  private stalledMs = 0;
  private progressed = false;
  private inFlight: FrameBatch[] = [];
  private waiting: FrameBatch[] = [];
  private head = 0;

  /** The socket was given this and has not passed it all on. */
  fly(batch: FrameBatch): void {
    this.inFlight.push(batch);
    this.count(batch, 1);
  }

  wait(batch: FrameBatch): void {
    this.waiting.push(batch);
    this.waitingBytes += batch.bytes.length;
    this.count(batch, 1);
  }

  /** Everything in flight has reached the kernel. Answers which topic messages that were. */
  land(): readonly BatchOrigin[] {
    this.progressed = true;
    const landed = this.inFlight;
    this.inFlight = [];
    for (const batch of landed) this.count(batch, -1);
    return originsOf(landed);
  }

  /** The next bytes for the socket, whole batches joined up to `maxBytes`, which are in flight from now on; undefined: nothing waits. */
  launch(maxBytes: number): Pick<FrameBatch, 'bytes' | 'frames'> | undefined {
    let bytes = 0;
    for (let batch = this.waiting[this.head]; batch !== undefined; batch = this.waiting[this.head]) {
      if (this.inFlight.length > 0 && bytes + batch.bytes.length > maxBytes) break;
      this.inFlight.push(batch);
      bytes += batch.bytes.length;
      this.head += 1;
    }
    this.waitingBytes -= bytes;
    this.compact();
    const [first] = this.inFlight;
    if (first === undefined) return undefined;
    const frames = this.inFlight.reduce((sum, batch) => sum + batch.frames, 0);
    return {
      bytes:
        this.inFlight.length === 1
          ? first.bytes
          : Buffer.concat(
              this.inFlight.map((batch) => batch.bytes),
              bytes,
            ),
      frames,
    };
  }

  /** Adds time to the stall clock; answers how long no byte has moved. */
  stalledFor(elapsedMs: number): number {
    this.stalledMs = this.progressed ? 0 : this.stalledMs + elapsedMs;
    this.progressed = false;
    return this.stalledMs;
  }

  /** Topic messages that are lost if the connection ends now. */
  unwritten(): readonly BatchOrigin[] {
    return originsOf([...this.inFlight, ...this.waiting.slice(this.head)]);
  }

  private count(batch: FrameBatch, sign: 1 | -1): void {
    this.frames += sign * batch.frames;
    if (batch.replay) return;
    this.countedBytes += sign * batch.bytes.length;
    this.countedFrames += sign * batch.frames;
  }

  /** A head index makes taking cheap; what lies before it is let go once it is the larger part. */
  private compact(): void {
    if (this.head < 64 || this.head * 2 < this.waiting.length) return;
    this.waiting = this.waiting.slice(this.head);
    this.head = 0;
  }
}

function originsOf(batches: readonly FrameBatch[]): readonly BatchOrigin[] {
  return batches.flatMap(({ origin }) => origin ?? []);
}
