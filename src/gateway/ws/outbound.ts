import type { Duplex } from 'node:stream';
import { batchOf, type Frame, type FrameBatch, type FrameSink, type LiveMessage, type OfferResult } from '../../messaging/frame.js';
import type { Telemetry } from '../../telemetry/telemetry.js';
import type { FlushTurn, GatheringWriter } from '../../messaging/flush-turn.js';
import { Backlog } from './backlog.js';
import type { FrameEncoding } from './frame-encoding.js';
import type { Debtor, SendBudget } from '../send-budget.js';

/** Written at once: small enough that its completion tells a slow peer from a dead one. */
const SLICE_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);

/** What all writers of the node share. */
export interface OutboundSurroundings {
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly budget: SendBudget;
  readonly turn: FlushTurn;
  readonly telemetry: Pick<Telemetry, 'sent'>;
}

/** What the writer tells its connection. */
export interface OutboundOwner extends Omit<Debtor, 'overflowed'> {
  /** The socket stopped taking everything (`true`), or took all that waited (`false`). */
  slow(slow: boolean): void;
  /** What would wait is over the budget of this connection, or of the node. The owner ends the connection before it returns. */
  overflowed(budget: 'connection' | 'node'): void;
  /** What became of live messages whose offer was answered `queued`. */
  settled(outcome: 'written' | 'not_written', messages: readonly LiveMessage[]): void;
  /** The policy dropped these, which had been `queued` or are answered `dropped`. */
  dropped(messages: readonly LiveMessage[], had: 'queued' | 'offered'): void;
  /** The client is told of so many gaps in what it was too slow for. */
  gapsTold(gaps: number): void;
}

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
  /** Nothing waits, and frames leave as they are: what is offered may be written at once. */
  private direct: boolean;
  frames = 0;
  bytes = 0;
  maxQueuedBytes = 0;
  private backlog: Backlog | undefined;
  private finished = false;
  /** Replies of this turn, which leave as one write: one commit answers many publishes of a connection. */
  private replies: Buffer[] | undefined;
  /** Batches of several topics in this flush turn, which leave as one write. */
  private gathered: FrameBatch[] | undefined;

  constructor(
    private readonly socket: Duplex,
    private readonly surroundings: OutboundSurroundings,
    private readonly owner: OutboundOwner,
    /** Absent: frames leave as they are. */
    private readonly encoding?: FrameEncoding,
  ) {
    this.direct = encoding === undefined;
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

  private arrange(batch: FrameBatch): OfferResult | 'gathered' {
    if (this.replies !== undefined) this.flushReplies();
    if (this.surroundings.turn.isGathering && this.backlog === undefined && !this.finished) return this.gather(batch);
    return this.accept(batch);
  }

  flushReplies(): void {
    const { replies } = this;
    if (replies === undefined) return;
    this.replies = undefined;
    this.direct = this.encoding === undefined && this.backlog === undefined && !this.finished;
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
      return;
    }
    const result = this.canWrite ? this.acceptJoined(gathered) : undefined;
    for (const batch of gathered) batch.tally[result ?? this.accept(batch)] += 1;
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
    if (this.finished || this.socket.destroyed) return 'closed';
    if (this.backlog !== undefined) return this.queue(this.backlog, batch);
    // A control frame of `ws` may be what the kernel did not take.
    if (this.socket.writableLength > 0) return this.queue(this.block(), batch);
    const bytes = this.encodedBatch(batch);
    if (bytes.length > SLICE_BYTES && batch.frames.length > 1) return this.writeSlices(batch);
    return this.write(bytes, batch.frames, batch.replay === true);
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

  /** Writes one last frame and nothing after it. Answers how many live messages were lost. */
  finish(last: Buffer | undefined): number {
    if (this.finished) return 0;
    this.flushReplies();
    this.writeGathered();
    this.finished = true;
    this.direct = false;
    const lost = this.backlog?.end() ?? [];
    this.unblock();
    if (lost.length > 0) this.owner.settled('not_written', lost);
    if (last !== undefined && this.socket.writable) this.hand(this.encodedFrame(last), 1);
    return lost.length;
  }

  private write(bytes: Buffer, frames: readonly Frame[], replay: boolean): OfferResult {
    this.hand(bytes, frames.length);
    return this.judge(frames, replay);
  }

  /** What became of frames that were just written. */
  private judge(frames: readonly Frame[], replay: boolean): OfferResult {
    if (this.socket.destroyed) return 'closed';
    if (this.socket.writableLength === 0) return 'written';
    this.block().fly(frames, replay);
    return this.queued();
  }

  private writeSlices({ frames, replay = false }: Pick<FrameBatch, 'frames'> & { readonly replay?: boolean }): OfferResult {
    const written: LiveMessage[] = [];
    for (const slice of slices(frames, SLICE_BYTES)) {
      // The rest of a batch whose first part went out is not judged by the budgets: it was offered before anything waited.
      if (this.backlog !== undefined) for (const frame of slice) this.backlog.wait(frame, replay);
      else if (this.write(this.encodedBatch(batchOf(slice)), slice, replay) === 'written') written.push(...livesOf(slice));
    }
    if (this.backlog === undefined) return 'written';
    if (written.length > 0) this.owner.settled('written', written);
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
    const next = backlog.launch(SLICE_BYTES);
    if (next === undefined) return this.unblock();
    if (next.gaps > 0) this.owner.gapsTold(next.gaps);
    this.hand(next.bytes, next.frames, (failed) => this.moved(backlog, failed));
  }

  private unblock(): void {
    if (this.backlog === undefined) return;
    this.backlog = undefined;
    this.direct = this.encoding === undefined && !this.finished;
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

/** Groups of whole frames of at most `maxBytes`; a larger frame stands alone. */
function* slices(frames: readonly Frame[], maxBytes: number): Generator<readonly Frame[]> {
  let slice: Frame[] = [];
  let bytes = 0;
  for (const frame of frames) {
    if (slice.length > 0 && bytes + frame.bytes.length > maxBytes) {
      yield slice;
      slice = [];
      bytes = 0;
    }
    slice.push(frame);
    bytes += frame.bytes.length;
  }
  if (slice.length > 0) yield slice;
}

function livesOf(frames: readonly Frame[]): readonly LiveMessage[] {
  return frames.flatMap(({ live }) => live ?? []);
}

function writeReplies(outbound: Outbound): void {
  outbound.flushReplies();
}
