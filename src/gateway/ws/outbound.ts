import type { Socket } from 'node:net';
import type { BatchOrigin, FrameBatch, OfferResult } from '../../messaging/subscriber.js';
import { Backlog } from './backlog.js';
import { sliceFrames } from './frame-slices.js';

/** Written at once: small enough that its completion tells a slow peer from a dead one. */
const SLICE_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);

export interface OutboundLimits {
  readonly queueMessages: number;
  readonly queueBytes: number;
}

/** What the writer tells its connection. */
export interface OutboundOwner {
  /** Bytes were handed to the socket. */
  sent(bytes: number): void;
  /** The socket stopped taking everything (`true`), or took all that waited (`false`). */
  slow(slow: boolean): void;
  /** What would wait is over budget. */
  overflowed(): void;
  /** What became of topic messages whose offer was answered `queued`. */
  settled(outcome: 'written' | 'not_written', messages: readonly BatchOrigin[]): void;
}

/**
 * The only writer of a connection's text frames: replies and pushes share its one order.
 *
 * Frames go straight to the TCP socket, past the `ws` object, so that one buffer serves every subscriber. Invariant: every write to
 * the socket, here and in `ws` (pings, pongs, the close frame), holds whole frames and is one call, so the two interleave between
 * frames and never inside one; permessage-deflate is off, so `ws` keeps no frames of its own back.
 * The kernel comes first: only what it does not take waits here, and only that counts against the budgets.
 */
export class Outbound {
  frames = 0;
  bytes = 0;
  maxQueuedBytes = 0;
  private backlog: Backlog | undefined;
  private finished = false;
  /** Replies of this turn, which leave as one write: one commit answers many publishes of a connection. */
  private replies: Buffer[] | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly limits: OutboundLimits,
    private readonly owner: OutboundOwner,
  ) {}

  /** Writes a reply's frame before the event loop goes on, together with the others of this turn. */
  reply(frame: Buffer): void {
    if (this.replies !== undefined) {
      this.replies.push(frame);
      return;
    }
    this.replies = [frame];
    // After the promises of this turn, which bring the replies, and before anything else.
    process.nextTick(writeReplies, this);
  }

  offer(batch: FrameBatch): OfferResult {
    this.flushReplies();
    return this.accept(batch);
  }

  flushReplies(): void {
    const { replies } = this;
    if (replies === undefined) return;
    this.replies = undefined;
    this.accept({ bytes: replies.length === 1 ? (replies[0] as Buffer) : Buffer.concat(replies), frames: replies.length });
  }

  private accept(batch: FrameBatch): OfferResult {
    if (this.finished || this.socket.destroyed) return 'closed';
    if (this.backlog !== undefined) return this.queue(this.backlog, batch);
    // A control frame of `ws` may be what the kernel did not take.
    if (this.socket.writableLength > 0) return this.queue(this.block(), batch);
    if (batch.bytes.length > SLICE_BYTES) return this.writeSlices(batch);
    return this.write(batch);
  }

  /** Bytes that wait in this process: here and in the socket's own buffer. */
  get queuedBytes(): number {
    return this.socket.writableLength + (this.backlog?.waitingBytes ?? 0);
  }

  get queuedFrames(): number {
    return this.backlog?.frames ?? 0;
  }

  /** How long frames have been waiting, in milliseconds; 0 where none are. */
  get queuedMs(): number {
    return this.backlog === undefined ? 0 : performance.now() - this.backlog.since;
  }

  get isSlow(): boolean {
    return this.backlog !== undefined;
  }

  /** Adds time to the stall clock, in milliseconds, and answers how long no byte has moved. */
  stalledFor(elapsedMs: number): number {
    return this.backlog?.stalledFor(elapsedMs) ?? 0;
  }

  /** Writes one last frame and nothing after it. Answers how many topic messages were lost. */
  finish(last: Buffer | undefined): number {
    if (this.finished) return 0;
    this.flushReplies();
    this.finished = true;
    const lost = this.backlog?.unwritten() ?? [];
    this.unblock();
    if (lost.length > 0) this.owner.settled('not_written', lost);
    if (last !== undefined && this.socket.writable) this.hand({ bytes: last, frames: 1 });
    return lost.reduce((sum, origin) => sum + origin.messages, 0);
  }

  private write(batch: FrameBatch): OfferResult {
    this.hand(batch);
    if (this.socket.writableLength === 0) return 'written';
    this.block().fly(batch);
    this.noteQueued();
    return 'queued';
  }

  private writeSlices(batch: FrameBatch): OfferResult {
    let result: OfferResult = 'written';
    for (const slice of sliceFrames(batch, SLICE_BYTES)) {
      // The rest of a batch whose first part went out is not judged by the budgets: it was offered before anything waited.
      if (this.backlog === undefined) result = this.write(slice);
      else this.backlog.wait(slice);
    }
    this.noteQueued();
    return result;
  }

  private queue(backlog: Backlog, batch: FrameBatch): OfferResult {
    if (!batch.replay && this.exceeds(backlog, batch)) {
      this.owner.overflowed();
      return 'closed';
    }
    for (const slice of sliceFrames(batch, SLICE_BYTES)) backlog.wait(slice);
    this.noteQueued();
    return 'queued';
  }

  /** Judged with the new frames included, or the limit would be overshot by one batch. */
  private exceeds(backlog: Backlog, batch: FrameBatch): boolean {
    const { queueBytes, queueMessages } = this.limits;
    return backlog.countedBytes + batch.bytes.length > queueBytes || backlog.countedFrames + batch.frames > queueMessages;
  }

  /** From now on frames wait, until the socket has handed everything to the kernel. */
  private block(): Backlog {
    const backlog = new Backlog();
    this.backlog = backlog;
    this.owner.slow(true);
    // An empty write is called back when all before it has left; the socket's `drain` event comes only above its high-water mark.
    this.socket.write(NOTHING, (error) => this.moved(backlog, error));
    return backlog;
  }

  private moved(backlog: Backlog, error: Error | null | undefined): void {
    if (this.backlog !== backlog || error) return;
    const landed = backlog.land();
    if (landed.length > 0) this.owner.settled('written', landed);
    const next = backlog.launch(SLICE_BYTES);
    if (next === undefined) this.unblock();
    else this.hand(next, (failed) => this.moved(backlog, failed));
  }

  private unblock(): void {
    if (this.backlog === undefined) return;
    this.backlog = undefined;
    this.owner.slow(false);
  }

  private hand(batch: Pick<FrameBatch, 'bytes' | 'frames'>, taken?: (error: Error | null | undefined) => void): void {
    this.frames += batch.frames;
    this.bytes += batch.bytes.length;
    this.owner.sent(batch.bytes.length);
    this.socket.write(batch.bytes, taken);
  }

  private noteQueued(): void {
    this.maxQueuedBytes = Math.max(this.maxQueuedBytes, this.queuedBytes);
  }
}

function writeReplies(outbound: Outbound): void {
  outbound.flushReplies();
}
