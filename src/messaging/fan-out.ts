import type { DeliverObservation, Telemetry } from '../telemetry/telemetry.js';
import type { Flushable, Flusher } from './flusher.js';
import { batchOf, type FrameBatch } from './frame.js';
import type { Joining } from './joining.js';
import type { Message } from './message.js';
import type { Outgoing } from './outgoing.js';
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
  /** Live slots that existed when the slice began; later ones have had its frames already. */
  readonly end: number;
  readonly reset: boolean;
  cursor: number;
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

  constructor(
    readonly topic: string,
    private readonly namespace: string,
    private readonly flusher: Flusher,
    private readonly telemetry: Telemetry,
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
    this.slice = undefined;
  }

  private begin(): Slice | undefined {
    if (this.outbox.length === 0) return undefined;
    const entries = this.outbox.splice(0, this.sliceLength());
    const end = this.live.length;
    const matched = end - this.vacant;
    for (const entry of entries) {
      if (entry.kind === 'notice') continue;
      this.epoch = entry.epoch;
      this.position = entry.seq;
    }
    if (this.taps !== undefined) tell(this.taps, entries);
    if (this.joining !== undefined) for (const joining of this.joining) joining.take(entries);
    if (matched === 0) return undefined;
    return {
      batch: batchOf(entries),
      deliveries: this.observe(entries),
      end,
      reset: entries.some((entry) => entry.kind === 'reset'),
      cursor: 0,
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
    const { batch } = slice;
    const result = subscription.sink.offer(batch);
    // By name only where it is not the common case: a property that is looked up by a variable name is not cached.
    if (result === 'written') batch.tally.written += 1;
    else if (result !== 'gathered') batch.tally[result] += 1;
    if (slice.reset) subscription.restart();
    subscription.offered = this.position;
  }

  private observe(entries: readonly Outgoing[]): readonly DeliverObservation[] {
    const observations: DeliverObservation[] = [];
    for (const { message } of entries) {
      if (message === undefined) continue;
      const { topic, seq, msgId, trace, timestamp: acceptedAt } = message;
      observations.push(this.telemetry.deliver({ namespace: this.namespace, topic, seq, msgId, trace, acceptedAt }));
    }
    return observations;
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

function tell(taps: ReadonlySet<Tap>, entries: readonly Outgoing[]): void {
  for (const { message } of entries) {
    if (message === undefined) continue;
    for (const tap of taps) tap(message);
  }
}

/** A connection that ended between two of our steps was matched, and nothing was written to it. */
function report({ batch, deliveries }: Slice): void {
  const { written, queued, dropped, overflow, closed } = batch.tally;
  const counts = { matched: written + queued + dropped + overflow + closed, written, queued, dropped };
  for (const delivery of deliveries) {
    delivery.delivered(counts);
    delivery.end('OK');
  }
}
