import type { ConfigValues } from '../../config/schema.js';
import { EventRing, type KeptEvent } from './event-ring.js';
import { PerSecond } from './per-second.js';
import { cutText, type EventFields } from './probe-event.js';
import type { ProbeTarget } from './probe-target.js';

/** Why a probe ended. */
export const PROBE_ENDS = {
  time: 'its time is over',
  records: 'it has recorded as many events as it may',
  ended: 'an operator ended it',
  connection_closed: 'the connection that it watched has closed',
  node_stopping: 'the node is stopping',
} as const;
export type ProbeEnd = keyof typeof PROBE_ENDS;

export interface ProbeStart {
  readonly id: string;
  readonly target: ProbeTarget;
  /** Whether payloads are kept, and shown to those who may see them. */
  readonly payload: boolean;
  readonly note: string | undefined;
  readonly createdBy: string;
  /** The node that records: a branch's is not the one that keeps the probe. */
  readonly node: string;
  /** The node that keeps it, where that is another one; undefined: this one. */
  readonly branchOf?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endsAt: number;
}

/** What a probe tells as it goes. */
export interface ProbeListener {
  recorded(probe: Probe, event: KeptEvent): void;
  skipped(events: number): void;
  /** Called once, after its last event. */
  ended(probe: Probe, why: ProbeEnd): void;
}

/** A part of an event that is JSON already, and the same for many events. */
export interface RawField {
  readonly name: string;
  readonly json: string;
}

/** Every event begins with its number. */
const LEADING_NUMBER = /^\{"n":\d+/;

type Limits = Pick<ConfigValues['probes'], 'records' | 'kept' | 'keptBytes' | 'eventsPerSecond' | 'payloadBytes'>;

/** One probe: numbers and keeps what it is shown, within its bounds, until it ends. */
export class Probe {
  readonly ring: EventRing;
  /** Events recorded. */
  records = 0;
  /** Events that were only counted. */
  skipped = 0;
  endedAt: number | undefined;
  why: ProbeEnd | undefined;
  private untold = 0;
  private last = 0;
  private readonly rate: PerSecond;
  private readonly readers = new Set<() => void>();

  constructor(
    readonly start: ProbeStart,
    private readonly limits: Limits,
    private readonly listener: ProbeListener,
    now?: () => number,
  ) {
    this.ring = new EventRing(limits.kept, limits.keptBytes);
    this.rate = new PerSecond(limits.eventsPerSecond, now);
  }

  get isLive(): boolean {
    return this.why === undefined;
  }

  /** Shows it something. `payload`: the JSON text of a message, kept only where the probe shows payloads. */
  show(kind: string, fields: EventFields, more: { readonly payload?: string | undefined; readonly raw?: RawField } = {}): void {
    if (!this.isLive) return;
    if (!this.rate.take()) {
      this.untold += 1;
      this.skipped += 1;
      this.listener.skipped(1);
      return;
    }
    this.tellSkipped();
    if (this.isLive) this.record(kind, fields, more);
  }

  /** An event that another node recorded of it, which says so itself; it gets its number here. */
  take(kind: string, text: string, withPayload: string | undefined): void {
    if (!this.isLive) return;
    if (!this.rate.take()) return this.missed(1);
    this.tellSkipped();
    if (!this.isLive) return;
    this.records += 1;
    const n = (this.last += 1);
    const numbered = (event: string): string => event.replace(LEADING_NUMBER, `{"n":${n}`);
    const shown = withPayload === undefined || !this.start.payload ? undefined : numbered(withPayload);
    this.told({ n, kind, text: numbered(text), withPayload: shown });
    if (this.records >= this.limits.records) this.end('records');
  }

  /** Events that another node saw and could not tell. */
  missed(events: number): void {
    this.untold += events;
    this.skipped += events;
    this.listener.skipped(events);
  }

  /** Says how many events were only counted since it was said last. */
  tellSkipped(): void {
    if (this.untold === 0 || !this.isLive) return;
    const events = this.untold;
    this.untold = 0;
    this.record('skipped', { events });
  }

  end(why: ProbeEnd): void {
    if (!this.isLive) return;
    this.tellSkipped();
    // The last word of a full probe may have ended it.
    if (!this.isLive) return;
    this.why = why;
    this.endedAt = Date.now();
    this.keep('ended', { reason: why, message: PROBE_ENDS[why], records: this.records, skipped: this.skipped });
    this.listener.ended(this, why);
    this.readers.clear();
  }

  /** Calls a reader whenever there is something new; the answer stops that. */
  follow(reader: () => void): () => void {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }

  private record(kind: string, fields: EventFields, more: { readonly payload?: string | undefined; readonly raw?: RawField } = {}): void {
    this.records += 1;
    this.keep(kind, fields, more);
    if (this.records >= this.limits.records) this.end('records');
  }

  private keep(
    kind: string,
    fields: EventFields,
    { payload, raw }: { readonly payload?: string | undefined; readonly raw?: RawField } = {},
  ): void {
    const n = this.last + 1;
    this.last = n;
    const head = { n, at: Date.now(), kind, node: this.start.node, ...fields };
    const text = written(head, raw);
    const shown = payload === undefined || !this.start.payload ? undefined : cutText(payload, this.limits.payloadBytes);
    this.told({ n, kind, text, withPayload: shown === undefined ? undefined : written({ ...head, ...shown }, raw) });
  }

  private told(event: KeptEvent): void {
    this.ring.push(event);
    this.listener.recorded(this, event);
    for (const reader of [...this.readers]) reader();
  }
}

function written(fields: object, raw: RawField | undefined): string {
  const text = JSON.stringify(fields);
  return raw === undefined ? text : `${text.slice(0, -1)},${JSON.stringify(raw.name)}:${raw.json}}`;
}
