import type { NodeChannel } from '../../cluster/node-channel.js';
import type { KeptEvent } from './event-ring.js';
import type { ProbeEnd } from './probe.js';

/** Events of a probe on their way to the node that keeps it. */
export const BRANCH_EVENTS = 'probe.events';

const GATHER_MS = 100;
/** Of one word, and of what waits for the next. */
const MOST = { events: 500, bytes: 256 * 1_024 };

/** What one node tells another of a probe. */
export interface BranchWord {
  readonly probe: string;
  readonly events: readonly BranchEvent[];
  /** Events that this node could not tell. */
  readonly lost: number;
  /** The branch has ended by itself, and so does the probe. */
  readonly ended?: ProbeEnd;
}

export interface BranchEvent {
  readonly kind: string;
  readonly text: string;
  readonly withPayload?: string;
}

/** Gathers what a probe records here and sends it to the node that keeps the probe, within bounds; what does not fit is counted. */
export class BranchOutbox {
  private events: BranchEvent[] = [];
  private bytes = 0;
  private lost = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly probe: string,
    private readonly home: string,
    private readonly channel: NodeChannel,
  ) {}

  add({ kind, text, withPayload }: KeptEvent): void {
    const size = text.length + (withPayload?.length ?? 0);
    if (this.events.length >= MOST.events || this.bytes + size > MOST.bytes) {
      this.missed(1);
      return;
    }
    this.bytes += size;
    this.events.push({ kind, text, ...(withPayload === undefined ? {} : { withPayload }) });
    this.soon();
  }

  /** Events that are only counted. */
  missed(events: number): void {
    this.lost += events;
    this.soon();
  }

  /** Sends what is left. */
  end(ended: ProbeEnd | undefined): void {
    this.send(ended);
  }

  private soon(): void {
    this.timer ??= setTimeout(() => this.send(), GATHER_MS).unref();
  }

  private send(ended?: ProbeEnd): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { events, lost } = this;
    if (events.length === 0 && lost === 0 && ended === undefined) return;
    [this.events, this.bytes, this.lost] = [[], 0, 0];
    const word: BranchWord = { probe: this.probe, events, lost, ...(ended === undefined ? {} : { ended }) };
    this.channel.say(BRANCH_EVENTS, { ...word }, this.home).catch(() => {
      this.lost += events.length + lost;
    });
  }
}
