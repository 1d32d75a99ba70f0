import type { Duplex } from 'node:stream';
import {
  batchOf,
  type CarriedMessage,
  type Frame,
  type FrameBatch,
  type FrameSink,
  type LiveMessage,
  type OfferResult,
} from '../../messaging/frame.js';
import { watchedBatch } from '../../messaging/watched-batch.js';
import type { OfferWatch } from '../../telemetry/probe-watch.js';
import type { GatheringWriter } from '../../messaging/flush-turn.js';
import { Backlog, type LostMessages } from './backlog.js';
import type { FrameEncoding } from './frame-encoding.js';
import { eachMessage, livesOf, slices } from './frame-slices.js';
import { TooLate } from './too-late.js';
import type { OutboundOwner, OutboundSurroundings } from './outbound-owner.js';

/** Written at once: small enough that its completion tells a slow peer from a dead one. */
const SLICE_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);
const NONE: readonly never[] = [];
const NOTHING_LOST: LostMessages = { inFlight: [], waiting: [] };

/**
 * The only writer of a connection's text frames: replies and pushes share its one order.
 *
 * Frames go straight to the TCP socket, past the `ws` object, so that one buffer serves every subscriber. Invariant: every write to
 * the socket, here and in `ws` (pings, pongs, the close frame), holds whole frames and is one call, so the two interleave between
 * frames and never inside one. That holds with compression too: frames are compressed here, each by itself, and control frames never
 * are, so `ws` has nothing to wait for.
 * The kernel comes first: only what it does not take waits here, and only that counts against the budgets.
 */
export class Outbound implements FrameSink, GatheringWriter {
  /** Nothing waits, frames leave as they are, and nobody watches: what is offered may be written at once. */
  private direct: boolean;
  frames = 0;
  bytes = 0;
  maxQueuedBytes = 0;
  private backlog: Backlog | undefined;
  private finished = false;
  /** Replies of this turn, which leave as one write: one commit answers many publishes of a connection. */
  private replies: Buffer[] | undefined;
  private watcher: OfferWatch | undefined;
  /** Batches of several topics in this flush turn, which leave as one write. */
  private gathered: FrameBatch[] | undefined;
  /** Frames that are being written or queued at this moment, and batches that follow: what happens meanwhile may end the connection. */
  private taking: readonly Frame[] = NONE;
  private taken = 0;
  private following: readonly FrameBatch[] = NONE;
  private tooLate: TooLate | undefined;
  /** Somebody waits to hear that what is gathered has been written. */
  private awaited = false;

  constructor(
    private readonly socket: Duplex,
    private readonly surroundings: OutboundSurroundings,
    private readonly owner: OutboundOwner,
    /** Absent: frames leave as they are. */
    private readonly encoding?: FrameEncoding,
  ) {
    this.direct = this.mayBeDirect;
  }

  /** Writes a reply's frame before the event loop goes on, together with the others of this turn. */
  reply(frame: Buffer): void {
    if (this.replies !== undefined) {
      this.replies.push(frame);
      return;
    }
    this.replies = [frame];
    this.direct = false;
    // After the promises of this turn, which bring the replies, and before anything else.
    process.nextTick(writeReplies, this);
  }

  /**
   * The first lines are what a delivery costs. Each object that they touch is a miss of the processor's caches, since the kernel's
   * work for the delivery before has filled them: so this object and the socket is all there is.
   */
  offer(batch: FrameBatch): OfferResult | 'gathered' {
    const { socket, surroundings } = this;
    const { bytes } = batch;
    if (!this.direct || surroundings.turn.isGathering || bytes.length > SLICE_BYTES || socket.writableLength > 0)
      return this.arrange(batch);
    this.frames += batch.frames.length;
    this.bytes += bytes.length;
    surroundings.telemetry.sent(bytes.length);
    if (socket.write(bytes) && socket.writableLength === 0) return 'written';
    return this.judge(batch.frames, batch.replay === true);
  }

  /** Who is told what becomes of what is offered; while there is somebody, nothing takes the short way. */
  watch(watcher: OfferWatch | undefined): void {
    this.watcher = watcher;
    this.direct = this.mayBeDirect && this.replies === undefined;
  }

  private get mayBeDirect(): boolean {
    return this.encoding === undefined && this.backlog === undefined && !this.finished && this.watcher === undefined;
  }

  private arrange(batch: FrameBatch): OfferResult | 'gathered' {
    const told = this.watcher?.offered(batch.frames, batch.replay === true);
    if (told === undefined) return this.take(batch);
    const result = this.take(watchedBatch(batch, told));
    if (result !== 'gathered') told(result);
    return result;
  }

  private take(batch: FrameBatch): OfferResult | 'gathered' {
    if (this.replies !== undefined) {
      // Whoever offers may count the batch as offered already; and the replies may be what ends the connection.
      this.following = [batch];
      this.flushReplies();
      this.following = NONE;
    }
    if (this.surroundings.turn.isGathering && this.backlog === undefined && !this.finished) return this.gather(batch);
    return this.accept(batch);
  }

  flushReplies(): void {
    const { replies } = this;
    if (replies === undefined) return;
    this.replies = undefined;
    this.direct = this.mayBeDirect;
    this.writeGathered();
    this.accept(batchOf(replies.map((bytes) => ({ bytes }))));
  }

  writeGathered(): void {
    const { gathered } = this;
    if (gathered === undefined) return;
    this.gathered = undefined;
    const [first] = gathered;
    if (gathered.length === 1 && first !== undefined) {
      first.tally[this.accept(first)] += 1;
      return this.tellAwaiting();
    }
    const result = this.canWrite ? this.acceptJoined(gathered) : undefined;
    const { following } = this;
    for (const [index, batch] of gathered.entries()) {
      if (result === undefined) this.following = [...gathered.slice(index + 1), ...following];
      batch.tally[result ?? this.accept(batch)] += 1;
    }
    this.following = following;
    this.tellAwaiting();
  }

  private tellAwaiting(): void {
    const { awaited } = this;
    this.awaited = false;
    if (awaited) this.owner.landed();
  }

  /** Writes what was held back for the end of the turn: then it is known what became of all that was offered. */
  settle(): void {
    this.flushReplies();
    this.writeGathered();
  }

  private gather(batch: FrameBatch): 'gathered' {
    if (this.gathered === undefined) {
      this.gathered = [batch];
      this.surroundings.turn.add(this);
    } else {
      this.gathered.push(batch);
    }
    return 'gathered';
  }

  /** Several topics as one write; undefined: they are too much for one, or hold what the budgets count apart. */
  private acceptJoined(batches: readonly FrameBatch[]): OfferResult | undefined {
    if (batches.some(({ replay }) => replay)) return undefined;
    const whole = this.surroundings.turn.joined(batches);
    return whole.bytes.length > SLICE_BYTES ? undefined : this.accept(whole);
  }

  private get canWrite(): boolean {
    return !this.finished && !this.socket.destroyed && this.backlog === undefined && this.socket.writableLength === 0;
  }

  private accept(batch: FrameBatch): OfferResult {
    const { taking, taken } = this;
    this.taking = batch.frames;
    this.taken = 0;
    const result = this.place(batch);
    this.taking = taking;
    this.taken = taken;
    return result;
  }

  private place(batch: FrameBatch): OfferResult {
    if (this.finished || this.socket.destroyed) return this.refuse(batch.frames);
    if (this.backlog !== undefined) return this.queue(this.backlog, batch);
    // A control frame of `ws` may be what the kernel did not take.
    if (this.socket.writableLength > 0) return this.queue(this.block(), batch);
    const bytes = this.encodedBatch(batch);
    if (bytes.length > SLICE_BYTES && batch.frames.length > 1) return this.writeSlices(batch);
    return this.write(bytes, batch.frames, batch.replay === true);
  }

  /** Answers that it is too late for these. */
  refuse(frames: readonly Frame[]): 'closed' {
    // Once it is finished, nobody asks any more.
    if (!this.finished) (this.tooLate ??= new TooLate()).add(frames);
    return 'closed';
  }

  get lags(): boolean {
    if (this.backlog !== undefined || this.tooLate !== undefined) return true;
    return this.gathered !== undefined || this.taking !== NONE || this.following !== NONE;
  }

  unwritten(visit: (message: CarriedMessage, inFlight: boolean) => void): void {
    const late = (message: CarriedMessage): void => visit(message, false);
    this.backlog?.each(visit);
    eachMessage(this.taking.slice(this.taken), late);
    for (const { frames } of this.following) eachMessage(frames, late);
    for (const { frames } of this.gathered ?? NONE) eachMessage(frames, late);
    this.tooLate?.each(late);
    if (this.gathered !== undefined || this.taking !== NONE) this.awaited = true;
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

  /** How long no byte has moved, in milliseconds; undefined where nothing waits. */
  get stalledMs(): number | undefined {
    return this.backlog?.stalledMs;
  }

  get isSlow(): boolean {
    return this.backlog !== undefined;
  }

  /** Adds time to the stall clock, in milliseconds, and answers how long no byte has moved. */
  stalledFor(elapsedMs: number): number {
    return this.backlog?.stalledFor(elapsedMs) ?? 0;
  }

  /** Writes one last frame and nothing after it. Answers how many live messages were lost. */
  finish(last: Buffer | undefined): number {
    if (this.finished) return 0;
    this.settle();
    this.finished = true;
    this.direct = false;
    const { inFlight, waiting } = this.backlog?.end() ?? NOTHING_LOST;
    this.unblock();
    if (inFlight.length > 0) this.owner.settled('unconfirmed', inFlight);
    if (waiting.length > 0) this.owner.settled('not_written', waiting);
    if (last !== undefined && this.socket.writable) this.hand(this.encodedFrame(last), 1);
    return inFlight.length + waiting.length;
  }

  private write(bytes: Buffer, frames: readonly Frame[], replay: boolean): OfferResult {
    this.hand(bytes, frames.length);
    return this.judge(frames, replay);
  }

  /** What became of frames that were just written. */
  private judge(frames: readonly Frame[], replay: boolean): OfferResult {
    const { socket } = this;
    if (socket.destroyed) return this.refuse(frames);
    // A write that failed at once has left nothing in the buffer either; how much of it went out nobody knows.
    if (socket.writableLength === 0 && socket.errored === null) return 'written';
    this.block().fly(frames, replay);
    return this.queued();
  }

  private writeSlices({ frames, replay = false }: Pick<FrameBatch, 'frames'> & { readonly replay?: boolean }): OfferResult {
    const written: LiveMessage[] = [];
    const lost: LiveMessage[] = [];
    for (const slice of slices(frames, SLICE_BYTES)) {
      // A slice before may have ended the connection.
      if (this.finished) lost.push(...livesOf(slice));
      // The rest of a batch whose first part went out is not judged by the budgets: it was offered before anything waited.
      else if (this.backlog !== undefined) for (const frame of slice) this.backlog.wait(frame, replay);
      else if (this.write(this.encodedBatch(batchOf(slice)), slice, replay) === 'written') written.push(...livesOf(slice));
      this.taken += slice.length;
    }
    if (this.backlog === undefined && !this.finished) return 'written';
    if (written.length > 0) this.owner.settled('written', written);
    if (lost.length > 0) this.owner.settled('not_written', lost);
    return this.queued();
  }

  private queue(backlog: Backlog, batch: FrameBatch): OfferResult {
    const { frames } = batch;
    const replay = batch.replay === true;
    if (!replay) {
      const verdict = this.makeRoom(backlog, frames);
      if (verdict !== 'queued') return verdict;
    }
    for (const frame of frames) {
      if (frame.live?.slow === 'keep_latest') this.supersede(backlog, frame.live);
      backlog.wait(frame, replay);
    }
    return this.queued();
  }

  /** Judged with the new frames included, or the limit would be overshot by one batch. */
  private makeRoom(backlog: Backlog, frames: readonly Frame[]): 'queued' | 'dropped' | 'overflow' {
    const { queueBytes, queueMessages } = this.surroundings;
    const bytes = frames.reduce((sum, frame) => sum + this.encodedFrame(frame.bytes).length, 0);
    const fits = (): boolean => backlog.countedBytes + bytes <= queueBytes && backlog.countedFrames + frames.length <= queueMessages;
    if (fits()) return 'queued';
    const dropped = backlog.makeRoom(fits);
    if (dropped.length > 0) this.owner.dropped(dropped, 'queued');
    if (fits()) return 'queued';
    const lives = livesOf(frames);
    if (lives.length === frames.length && lives.every(({ slow }) => slow !== 'disconnect')) {
      for (const live of lives) backlog.refuse(live);
      this.owner.dropped(lives, 'offered');
      return 'dropped';
    }
    if (!this.finished) (this.tooLate ??= new TooLate()).add(frames);
    this.owner.overflowed('connection');
    return 'overflow';
  }

  private supersede(backlog: Backlog, newer: LiveMessage): void {
    const older = backlog.supersede(newer);
    if (older !== undefined) this.owner.dropped([older], 'queued');
  }

  /** From now on frames wait, until the socket has handed everything to the kernel. */
  private block(): Backlog {
    const { budget } = this.surroundings;
    const backlog = new Backlog(budget, this.encoding);
    this.backlog = backlog;
    this.direct = false;
    budget.add(this.owner);
    this.owner.slow(true);
    // An empty write is called back when all before it has left; the socket's `drain` event comes only above its high-water mark.
    this.socket.write(NOTHING, (error) => this.moved(backlog, error));
    return backlog;
  }

  private moved(backlog: Backlog, error: Error | null | undefined): void {
    if (this.backlog !== backlog || error) return;
    const landed = backlog.land();
    if (landed.length > 0) this.owner.settled('written', landed);
    this.owner.landed();
    // The owner may have ended by what it heard; and what a destroyed socket is given goes nowhere.
    if (this.backlog !== backlog || this.socket.destroyed) return;
    const next = backlog.launch(SLICE_BYTES);
    if (next === undefined) return this.unblock();
    if (next.gaps > 0) this.owner.gapsTold(next.gaps);
    this.hand(next.bytes, next.frames, (failed) => this.moved(backlog, failed));
  }

  private unblock(): void {
    if (this.backlog === undefined) return;
    this.backlog = undefined;
    this.direct = this.mayBeDirect;
    this.surroundings.budget.remove(this.owner);
    this.owner.slow(false);
  }

  private hand(bytes: Buffer, frames: number, taken?: (error: Error | null | undefined) => void): void {
    this.frames += frames;
    this.bytes += bytes.length;
    this.surroundings.telemetry.sent(bytes.length);
    this.socket.write(bytes, taken);
  }

  private queued(): OfferResult {
    this.maxQueuedBytes = Math.max(this.maxQueuedBytes, this.queuedBytes);
    // It may end this very connection: then what has just been queued is settled as not written.
    this.surroundings.budget.enforce();
    return 'queued';
  }

  private encodedFrame(bytes: Buffer): Buffer {
    return this.encoding === undefined ? bytes : this.encoding.frame(bytes);
  }

  private encodedBatch(batch: FrameBatch): Buffer {
    return this.encoding === undefined ? batch.bytes : this.encoding.batch(batch);
  }
}

function writeReplies(outbound: Outbound): void {
  outbound.flushReplies();
}
