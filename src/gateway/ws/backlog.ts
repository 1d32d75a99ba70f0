import { type CarriedMessage, carriedBy, type Frame, type LiveMessage } from '../../messaging/frame.js';
import { outgoingGap } from '../../messaging/outgoing.js';
import type { FrameEncoding } from './frame-encoding.js';
import type { SendBudget } from '../send-budget.js';

/** Live messages that were dropped one after the other: the client is told when their place in the queue comes. */
interface DroppedRange {
  readonly topic: string;
  readonly epoch: string;
  readonly from: number;
  to: number;
}

/** A place in the queue: what waits there, or what was dropped from it; neither where the dropped joined an earlier place. */
interface Place {
  frame: Frame | undefined;
  readonly replay: boolean;
  gap: DroppedRange | undefined;
}

/** The next bytes for the socket. */
export interface Launch {
  readonly bytes: Buffer;
  readonly frames: number;
  /** Gaps among them: messages dropped, of which the client is told now. */
  readonly gaps: number;
}

/** Live messages that a connection ends with: those that the socket was busy with, and those that it was never given. */
export interface LostMessages {
  readonly inFlight: readonly LiveMessage[];
  readonly waiting: readonly LiveMessage[];
}

/** Places that are empty, or have been left, are let go once there are so many and they are the larger part. */
const EMPTY_PLACES = 64;

/**
 * What the kernel has not taken of one connection's frames: those that the socket is busy with, and those that wait behind them,
 * oldest first. Exists only while something waits.
 */
export class Backlog {
  /** When the waiting began, in milliseconds of `performance.now()`. */
  readonly since = performance.now();
  /** Bytes and frames that count against the connection's budgets: replays and gaps do not. */
  countedBytes = 0;
  countedFrames = 0;
  /** Bytes that wait here; the socket's own buffer not included. */
  waitingBytes = 0;
  frames = 0;
  /** How long nothing has moved, in milliseconds of the heartbeat's clock. */
  private stalled = 0;
  private progressed = false;
  private inFlight: Place[] = [];
  private waiting: Place[] = [];
  private head = 0;
  /** Nothing before this index may be dropped. */
  private droppableFrom = 0;
  private emptied = 0;
  /** The last range dropped of each topic, while its place has not left. */
  private readonly gaps = new Map<string, DroppedRange>();
  /** The one message that waits of each topic of which only the newest does. */
  private readonly newest = new Map<string, Place>();

  constructor(
    private readonly budget: SendBudget,
    private readonly encoding?: FrameEncoding,
  ) {}

  /** The socket was given these and has not passed all of them on. */
  fly(frames: readonly Frame[], replay: boolean): void {
    for (const frame of frames) this.inFlight.push(this.place(frame, replay));
  }

  wait(frame: Frame, replay: boolean): void {
    const place = this.place(frame, replay);
    this.tidy();
    this.waiting.push(place);
    this.waitingBytes += this.sizeOf(frame);
    if (frame.live?.slow === 'keep_latest') this.newest.set(frame.live.topic, place);
  }

  /** Drops what waits of the topic, since a newer message of it has come and only the newest is kept. */
  supersede({ topic }: LiveMessage): LiveMessage | undefined {
    const older = this.newest.get(topic);
    return older === undefined ? undefined : this.drop(older);
  }

  /** Drops the oldest waiting messages whose policy allows it, until so much is free or nothing more may go. Answers what it dropped. */
  makeRoom(enough: () => boolean): readonly LiveMessage[] {
    const dropped: LiveMessage[] = [];
    let index = Math.max(this.head, this.droppableFrom);
    for (; index < this.waiting.length && !enough(); index += 1) {
      const place = this.waiting[index] as Place;
      const live = place.frame?.live;
      if (live !== undefined && live.slow !== 'disconnect') dropped.push(this.drop(place));
    }
    this.droppableFrom = index;
    return dropped;
  }

  /** Messages that never got a place, because nothing could be dropped for them. */
  refuse(live: LiveMessage): void {
    const place: Place = { frame: undefined, replay: false, gap: undefined };
    this.waiting.push(place);
    this.noteGap(live, place);
    this.tidy();
  }

  /** Everything in flight has reached the kernel. Answers which live messages that were. */
  land(): readonly LiveMessage[] {
    this.progressed = true;
    const landed = this.inFlight;
    this.inFlight = [];
    for (const place of landed) this.uncount(place);
    return livesOf(landed);
  }

  /** The next frames, joined up to `maxBytes`, which are in flight from now on; undefined: nothing waits. */
  launch(maxBytes: number): Launch | undefined {
    const buffers: Buffer[] = [];
    let bytes = 0;
    let gaps = 0;
    for (let place = this.waiting[this.head]; place !== undefined; place = this.waiting[this.head]) {
      const next = this.bytesOf(place);
      if (next !== undefined) {
        if (buffers.length > 0 && bytes + next.length > maxBytes) break;
        buffers.push(next);
        bytes += next.length;
      }
      if (place.gap !== undefined) gaps += 1;
      this.leave(place);
    }
    this.tidy();
    const [first] = buffers;
    if (first === undefined) return undefined;
    return { bytes: buffers.length === 1 ? first : Buffer.concat(buffers, bytes), frames: buffers.length, gaps };
  }

  /** Adds time to the stall clock; answers how long no byte has moved. */
  stalledFor(elapsedMs: number): number {
    this.stalled = this.progressed ? 0 : this.stalled + elapsedMs;
    this.progressed = false;
    return this.stalled;
  }

  /** How long no byte had moved at the last look. */
  get stalledMs(): number {
    return this.stalled;
  }

  /** Names the messages in flight, then those that wait. */
  each(visit: (message: CarriedMessage, inFlight: boolean) => void): void {
    for (const { frame } of this.inFlight) {
      const message = frame && carriedBy(frame);
      if (message !== undefined) visit(message, true);
    }
    for (let index = this.head; index < this.waiting.length; index += 1) {
      const frame = this.waiting[index]?.frame;
      const message = frame && carriedBy(frame);
      if (message !== undefined) visit(message, false);
    }
  }

  /** The connection ends: gives back its part of the node's budget, and answers which live messages are lost. */
  end(): LostMessages {
    const { inFlight } = this;
    const waiting = this.waiting.slice(this.head);
    for (const place of inFlight) this.uncount(place);
    for (const place of waiting) this.uncount(place);
    this.inFlight = [];
    this.waiting = [];
    return { inFlight: livesOf(inFlight), waiting: livesOf(waiting) };
  }

  private place(frame: Frame, replay: boolean): Place {
    const size = this.sizeOf(frame);
    this.frames += 1;
    this.budget.take(size);
    if (!replay) {
      this.countedBytes += size;
      this.countedFrames += 1;
    }
    return { frame, replay, gap: undefined };
  }

  private uncount({ frame, replay }: Place): void {
    if (frame === undefined) return;
    const size = this.sizeOf(frame);
    this.frames -= 1;
    this.budget.release(size);
    if (replay) return;
    this.countedBytes -= size;
    this.countedFrames -= 1;
  }

  private drop(place: Place): LiveMessage {
    const frame = place.frame as Frame;
    const live = frame.live as LiveMessage;
    this.uncount(place);
    this.waitingBytes -= this.sizeOf(frame);
    place.frame = undefined;
    if (this.newest.get(live.topic) === place) this.newest.delete(live.topic);
    this.noteGap(live, place);
    return live;
  }

  /** Joins the topic's last gap, or begins one at this place. */
  private noteGap({ topic, epoch, seq }: LiveMessage, place: Place): void {
    const last = this.gaps.get(topic);
    if (last?.epoch === epoch && last.to === seq - 1) {
      last.to = seq;
      this.emptied += 1;
      return;
    }
    place.gap = { topic, epoch, from: seq, to: seq };
    this.gaps.set(topic, place.gap);
  }

  private bytesOf({ frame, gap }: Place): Buffer | undefined {
    if (frame !== undefined) return this.encoded(frame.bytes);
    if (gap === undefined) return undefined;
    return this.encoded(outgoingGap(gap.topic, gap.epoch, { from: gap.from, to: gap.to, reason: 'slow_consumer' }).bytes);
  }

  private leave(place: Place): void {
    this.head += 1;
    const { frame, gap } = place;
    if (frame === undefined && gap === undefined) this.emptied -= 1;
    if (gap !== undefined && this.gaps.get(gap.topic) === gap) this.gaps.delete(gap.topic);
    if (frame === undefined) return;
    this.inFlight.push(place);
    this.waitingBytes -= this.sizeOf(frame);
    if (frame.live !== undefined && this.newest.get(frame.live.topic) === place) this.newest.delete(frame.live.topic);
  }

  private sizeOf({ bytes }: Frame): number {
    return this.encoded(bytes).length;
  }

  private encoded(bytes: Buffer): Buffer {
    return this.encoding === undefined ? bytes : this.encoding.frame(bytes);
  }

  private tidy(): void {
    const empty = this.head + this.emptied;
    if (empty < EMPTY_PLACES || empty * 2 < this.waiting.length) return;
    this.waiting = this.waiting.slice(this.head).filter(({ frame, gap }) => frame !== undefined || gap !== undefined);
    this.head = 0;
    this.emptied = 0;
    this.droppableFrom = 0;
  }
}

function livesOf(places: readonly Place[]): readonly LiveMessage[] {
  return places.flatMap(({ frame }) => frame?.live ?? []);
}
