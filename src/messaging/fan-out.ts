import type { HandingWatch } from '../telemetry/probe-watch.js';
import type { DeliverObservation, Telemetry } from '../telemetry/telemetry.js';
import type { Flushable, Flusher } from './flusher.js';
import { batchOf, type FrameBatch } from './frame.js';
import type { Joining } from './joining.js';
import type { Moves } from './ledger/moves.js';
import { Progress } from './ledger/progress.js';
import type { Mark } from './ledger/receipt.js';
import type { SubscriptionReceipt } from './ledger/subscription-receipt.js';
import type { Message, Position } from './message.js';
import type { Gap, Outgoing } from './outgoing.js';
import { watchedBatch } from './watched-batch.js';
import type { Subscription } from './subscription.js';

/** Frames of one slice: they are concatenated once and the one buffer is offered to every subscriber. */
const SLICE_FRAMES = 128;
/** Frames that may wait for their turn; beyond it the topic's channel reads the rest from the log later. */
const OUTBOX_FRAMES = 4_096;
/** Subscribers between two looks at the clock. */
const CLOCK_EVERY = 64;

/** Listener of this process; must not throw. */
export type Tap = (message: Message) => void;

interface Slice {
  readonly batch: FrameBatch;
  readonly deliveries: readonly DeliverObservation[];
  /** A probe of this topic; absent: none, and nobody pays for it. */
  readonly watch: HandingWatch | undefined;
  /** Live slots that existed when the slice began; later ones have had its frames already. */
  readonly end: number;
  /** Absent where it holds messages and notices alone. */
  readonly turn: Turn | undefined;
  /** Where everybody stands who has not been offered it. */
  readonly before: Position;
  cursor: number;
  /** Subscribers that it was offered to. */
  offers: number;
}

/** What a slice changes of a subscription besides its position. */
interface Turn {
  /** The epoch that begins with it. */
  readonly reset: string | undefined;
  readonly gaps: readonly Gap[];
}

/**
 * Hands the frames of one topic to its local subscribers. Per recipient there is an offer, an assignment and a look at the
 * result, and nothing else. `epoch` and `position` say how far it has come: a subscriber joins and leaves between slices.
 */
export class FanOut implements Flushable {
  position = 0;
  epoch = '';
  private outbox: Outgoing[] = [];
  private slice: Slice | undefined;
  /** Slices that everybody has been offered and whose writes may be due at the end of the flush turn. */
  private complete: Slice[] = [];
  private live: (Subscription | undefined)[] = [];
  private vacant = 0;
  /** Those two exist only while somebody is in them: most topics are a user's own, and there are as many as connections. */
  private joining: Set<Joining> | undefined;
  private taps: Set<Tap> | undefined;
  /** Exists once the topic has moved, where a ledger is kept of it. */
  private progress: Progress | undefined;

  constructor(
    readonly topic: string,
    private readonly namespace: string,
    private readonly flusher: Flusher,
    private readonly telemetry: Telemetry,
    /** Where it says that it has moved; undefined: nothing is recorded of this topic. */
    private readonly moves: Moves | undefined,
    /** Called when everything has been handed out. */
    private readonly drained: () => void,
  ) {}

  /** Subscriptions, those included that are about to become live. */
  get subscribers(): number {
    return this.live.length - this.vacant + (this.joining?.size ?? 0);
  }

  get hasRoom(): boolean {
    return this.outbox.length < OUTBOX_FRAMES;
  }

  /** Nobody listens and nothing waits: messages need no encoding. */
  get idle(): boolean {
    return this.live.length === 0 && this.joining === undefined && this.taps === undefined && this.outbox.length === 0;
  }

  /** Moves on without handing anything out; only when idle. */
  skipTo(epoch: string, seq: number): void {
    this.epoch = epoch;
    this.position = seq;
    if (this.progress === undefined) return;
    this.progress.epoch = epoch;
    this.progress.seq = seq;
  }

  /** Up to where everybody who was live has been offered everything, and it is written where nothing waits. */
  get settled(): Position {
    const { epoch, seq } = this.progress ?? { epoch: this.epoch, seq: this.position };
    return { epoch, seq };
  }

  get marks(): readonly Mark[] {
    return this.progress?.marks ?? [];
  }

  /** The open receipts of all subscriptions that it serves. */
  *receipts(): Iterable<SubscriptionReceipt> {
    for (const subscription of this.live) if (subscription?.receipt !== undefined) yield subscription.receipt;
    for (const { subscription, prepared } of this.joining ?? []) {
      if (subscription.receipt !== undefined) yield subscription.receipt;
      if (prepared !== undefined && prepared !== subscription.receipt) yield prepared;
    }
  }

  /** There is something to record of it. */
  hasNews(): void {
    if (this.moves === undefined) return;
    this.progress ??= new Progress(this.epoch, this.position);
    if (this.progress.listed) return;
    this.progress.listed = true;
    this.moves.add(this);
  }

  /** What it had to say has been asked for. */
  taken(): void {
    if (this.progress !== undefined) this.progress.listed = false;
  }

  push(outgoing: Outgoing): void {
    this.outbox.push(outgoing);
    this.flusher.add(this);
  }

  flush(deadline: number): boolean {
    this.slice ??= this.begin();
    if (this.slice !== undefined) {
      if (!this.offer(this.slice, deadline)) return false;
      this.complete.push(this.slice);
      this.slice = undefined;
      if (this.vacant > 0) this.compact();
    }
    if (this.outbox.length > 0) return false;
    this.drained();
    return true;
  }

  settle(): void {
    this.advance();
    const settled = this.complete;
    if (settled.length === 0) return;
    this.complete = [];
    for (const slice of settled) report(slice);
  }

  addJoining(joining: Joining): void {
    (this.joining ??= new Set()).add(joining);
  }

  removeJoining(joining: Joining): void {
    if (this.joining?.delete(joining) === true && this.joining.size === 0) this.joining = undefined;
  }

  /** Turns a joining subscription that stands at `position` into a live one. */
  promote(joining: Joining): void {
    this.removeJoining(joining);
    const { subscription } = joining;
    subscription.state = 'live';
    if (subscription.receipt !== undefined) subscription.receipt.stage = 'live';
    subscription.slot = this.live.length;
    // A first element that is pushed takes room for seventeen, and most topics are a user's own.
    if (this.live.length === 0) this.live = [subscription];
    else this.live.push(subscription);
  }

  /** Takes a live subscription out of the fan-out for a while; afterwards it stands exactly at `position`. */
  suspend(subscription: Subscription): void {
    const { slice } = this;
    if (slice !== undefined && subscription.slot >= slice.cursor && subscription.slot < slice.end) this.offerTo(subscription, slice);
    // The offer may have ended the connection, and with it the subscription.
    if (subscription.state !== 'live') return;
    this.vacate(subscription);
    subscription.state = 'joining';
  }

  /** After it returns, nothing more is offered to the subscription. */
  remove(subscription: Subscription, joining: Joining | undefined): void {
    if (subscription.state === 'live') this.vacate(subscription);
    if (joining !== undefined) this.removeJoining(joining);
    subscription.state = 'closed';
  }

  addTap(tap: Tap): void {
    (this.taps ??= new Set()).add(tap);
  }

  removeTap(tap: Tap): void {
    if (this.taps?.delete(tap) === true && this.taps.size === 0) this.taps = undefined;
  }

  close(): void {
    this.flusher.remove(this);
    this.outbox = [];
    this.settle();
    // Whom it was offered to was offered it, though the rest will not be.
    if (this.slice !== undefined) report(this.slice);
    this.slice = undefined;
  }

  private begin(): Slice | undefined {
    if (this.outbox.length === 0) return undefined;
    const entries = this.outbox.splice(0, this.sliceLength());
    const end = this.live.length;
    const matched = end - this.vacant;
    const before = { epoch: this.epoch, seq: this.position };
    if (this.moves !== undefined) this.progress ??= new Progress(before.epoch, before.seq);
    for (const entry of entries) {
      if (entry.kind === 'notice') continue;
      this.epoch = entry.epoch;
      this.position = entry.seq;
    }
    if (this.taps !== undefined) tell(this.taps, entries);
    const isProbed = this.telemetry.probes.isActive;
    if (this.joining !== undefined) {
      // Who is just joining gets them later, from what is held: a probe has to know then which they were.
      if (isProbed) this.watched(entries, []);
      for (const joining of this.joining) joining.take(entries);
    }
    if (matched === 0) return undefined;
    const deliveries = this.observe(entries);
    return {
      batch: batchOf(entries),
      deliveries,
      watch: isProbed ? this.watched(entries, deliveries) : undefined,
      end,
      turn: turnOf(entries),
      before,
      cursor: 0,
      offers: 0,
    };
  }

  /** A reset begins a slice of its own, so that one slice holds positions of one epoch. */
  private sliceLength(): number {
    const bound = Math.min(SLICE_FRAMES, this.outbox.length);
    for (let index = 1; index < bound; index += 1) {
      if (this.outbox[index]?.kind === 'reset') return index;
    }
    return bound;
  }

  /** Answers whether every subscriber of the slice has been served. */
  private offer(slice: Slice, deadline: number): boolean {
    while (slice.cursor < slice.end) {
      const subscription = this.live[slice.cursor];
      slice.cursor += 1;
      if (subscription !== undefined) this.offerTo(subscription, slice);
      if (slice.cursor % CLOCK_EVERY === 0 && performance.now() >= deadline) return slice.cursor === slice.end;
    }
    return true;
  }

  private offerTo(subscription: Subscription, slice: Slice): void {
    const { batch, turn } = slice;
    // Before the offer: what that says of messages is of the new epoch.
    if (turn?.reset !== undefined) subscription.restart(turn.reset);
    // And what it lacks was not given, also where the offer ends the connection, and the receipt with it.
    if (turn !== undefined) for (const gap of turn.gaps) subscription.receipt?.except(gap);
    slice.offers += 1;
    const told = slice.watch?.recipient(subscription.subscriber);
    const result = subscription.sink.offer(told === undefined ? batch : watchedBatch(batch, told));
    if (told !== undefined && result !== 'gathered') told(result);
    // By name only where it is not the common case: a property that is looked up by a variable name is not cached.
    if (result === 'written') batch.tally.written += 1;
    else if (result !== 'gathered') batch.tally[result] += 1;
    subscription.offered = this.position;
  }

  /** Notes how far everybody has come. */
  private advance(): void {
    const { progress, slice } = this;
    if (progress === undefined) return;
    const { epoch, seq } = slice?.before ?? { epoch: this.epoch, seq: this.position };
    if (seq === progress.seq && epoch === progress.epoch) return;
    progress.reach(epoch, seq);
    this.hasNews();
  }

  private observe(entries: readonly Outgoing[]): readonly DeliverObservation[] {
    const observations: DeliverObservation[] = [];
    for (const { message, bytes } of entries) {
      if (message === undefined) continue;
      const { topic, seq, msgId, door, timestamp: acceptedAt } = message;
      const trace = message.origin?.trace ?? message.trace;
      const start = { namespace: this.namespace, topic, seq, msgId, door, bytes: bytes.length, trace, acceptedAt };
      observations.push(this.telemetry.deliver(start));
    }
    return observations;
  }

  private watched(entries: readonly Outgoing[], deliveries: readonly DeliverObservation[]): HandingWatch | undefined {
    const messages = entries.flatMap(({ message }) => message ?? []);
    return this.telemetry.probes.handing(
      messages,
      deliveries.map(({ traceparent }) => traceparent),
    );
  }

  private vacate(subscription: Subscription): void {
    const last = this.live.length - 1;
    if (this.slice === undefined) {
      const moved = this.live[last] as Subscription;
      this.live[subscription.slot] = moved;
      moved.slot = subscription.slot;
      this.live.length = last;
    } else {
      // Slots must not move under the cursor.
      this.live[subscription.slot] = undefined;
      this.vacant += 1;
    }
    subscription.slot = -1;
  }

  private compact(): void {
    this.live = this.live.filter((subscription) => subscription !== undefined);
    this.live.forEach((subscription, slot) => ((subscription as Subscription).slot = slot));
    this.vacant = 0;
  }
}

function turnOf(entries: readonly Outgoing[]): Turn | undefined {
  let reset: string | undefined;
  const gaps: Gap[] = [];
  for (const { kind, epoch, gap } of entries) {
    if (kind === 'reset') reset = epoch;
    else if (gap !== undefined) gaps.push(gap);
  }
  return reset === undefined && gaps.length === 0 ? undefined : { reset, gaps };
}

function tell(taps: ReadonlySet<Tap>, entries: readonly Outgoing[]): void {
  for (const { message } of entries) {
    if (message === undefined) continue;
    for (const tap of taps) tap(message);
  }
}

/** A connection that ended between two of our steps was matched, and nothing was written to it. */
function report({ batch, deliveries, offers, watch }: Slice): void {
  const { written, queued, dropped, overflow, closed } = batch.tally;
  const counts = { matched: offers, written, queued, dropped, notWritten: overflow + closed };
  for (const delivery of deliveries) {
    delivery.delivered(counts);
    delivery.end('OK');
  }
  watch?.done(batch.tally);
}
