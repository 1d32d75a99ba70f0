import { SLOT_MS, SLOTS, TopicMeter, type TopicSteps, type TopicVolume } from './topic-meter.js';

const MS_PER_SECOND = 1_000;
/** Topics that are counted at once; when there are more, those that were counted longest ago are let go. */
const MOST_TOPICS = 10_000;

/** Every topic that had a message on this node within the last minute. Costs a look-up for each message, nothing for each recipient. */
export class TopicRates {
  private readonly meters = new Map<string, TopicMeter>();
  private readonly startedAt: number;
  private forgotten = 0;

  /** @param now a clock in milliseconds that only rises; begun at that of the wall, so that the slots of several nodes begin together. */
  constructor(private readonly now: () => number = () => performance.timeOrigin + performance.now()) {
    this.startedAt = now();
  }

  published(topic: string, bytes: number): void {
    const slot = this.slot();
    this.meterOf(topic, slot).published(slot, bytes);
  }

  handedOut(topic: string, bytes: number): void {
    const slot = this.slot();
    this.meterOf(topic, slot).handedOut(slot, bytes);
  }

  delivered(topic: string, connections: number): void {
    const slot = this.slot();
    this.meterOf(topic, slot).delivered(slot, connections);
  }

  /** How long the counts reach back, in seconds: fifty to sixty, less just after the start. */
  get windowSeconds(): number {
    const now = this.now();
    const full = (SLOTS - 1) * SLOT_MS + (now % SLOT_MS);
    return Math.max(1, Math.min(full, now - this.startedAt) / MS_PER_SECOND);
  }

  /** Topics that were let go within the window, since there were too many: their counts are missing. */
  get missing(): number {
    return this.forgotten;
  }

  /** What went through each topic within the window. */
  all(): readonly (readonly [topic: string, volume: TopicVolume])[] {
    const slot = this.slot();
    this.forgetIdle(slot);
    return [...this.meters].map(([topic, meter]) => [topic, meter.volume(slot)] as const);
  }

  of(topic: string): TopicVolume | undefined {
    return this.meters.get(topic)?.volume(this.slot());
  }

  /** What went through a topic in each whole slot of the window; zeros where it is not counted. */
  stepsOf(topic: string): TopicSteps {
    const slot = this.slot();
    // What is told of clocks is the wall's; slots are counted by one that only rises.
    const endedAt = Math.round(Date.now() - (this.now() - slot * SLOT_MS));
    return { step_s: SLOT_MS / MS_PER_SECOND, ended_at: endedAt, ...(this.meters.get(topic) ?? new TopicMeter(slot)).steps(slot) };
  }

  private slot(): number {
    return Math.floor(this.now() / SLOT_MS);
  }

  private meterOf(topic: string, slot: number): TopicMeter {
    const known = this.meters.get(topic);
    if (known !== undefined) return known;
    if (this.meters.size >= MOST_TOPICS) this.makeRoom(slot);
    const meter = new TopicMeter(slot);
    this.meters.set(topic, meter);
    return meter;
  }

  private makeRoom(slot: number): void {
    this.forgetIdle(slot);
    if (this.meters.size < MOST_TOPICS) return;
    const byAge = [...this.meters].toSorted(([, left], [, right]) => left.last - right.last);
    // A tenth at once, so that the sorting is seldom.
    const gone = byAge.slice(0, MOST_TOPICS / 10);
    for (const [topic] of gone) this.meters.delete(topic);
    this.forgotten += gone.length;
  }

  private forgetIdle(slot: number): void {
    for (const [topic, meter] of this.meters) if (meter.last <= slot - SLOTS) this.meters.delete(topic);
    if (this.meters.size < MOST_TOPICS / 2) this.forgotten = 0;
  }
}
