import { type ErasedUsers, isErased } from '../../messaging/ledger/erased-users.js';
import type { Ledger } from '../../messaging/ledger/ledger.js';
import type { RefusalRecord } from '../../messaging/ledger/refusal-record.js';
import type { Refused } from '../../telemetry/refused.js';

/** How often the ledger is told of one refusal that goes on. */
const TOLD_EVERY_MS = 5_000;
/** Refusals that may still grow; the one that has been quiet longest ends first. */
const MOST_GROWING = 2_000;
const SECOND_MS = 1_000;

interface Growing {
  readonly user: string;
  record: RefusalRecord;
  toldAt: number;
  isNews: boolean;
}

type Told = Pick<Ledger, 'refused'>;

/**
 * Hands the refusals of those who are known by name to the ledger: the same refusal of the same user, by the same rule for the same
 * topic, is one record that grows. It is told at once, then now and then. Of new ones only so many in a second are recorded, since
 * whoever is refused may choose other topics without end; the rest are counted.
 */
export class RefusalRecorder {
  private readonly growing = new Map<string, Growing>();
  private ledger: Told | undefined;
  private timer: NodeJS.Timeout | undefined;
  private secondEnds = 0;
  private begun = 0;

  constructor(
    /** Most records that are begun in a second; 0: none. */
    private readonly perSecond: number,
    private readonly onUnrecorded: () => void,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** From now on this ledger is told; what came before waits for it. */
  tellTo(ledger: Told): void {
    this.ledger = ledger;
    this.tellNews();
  }

  /** `refused`: without credentials, and cut. */
  add(refused: Refused): void {
    const { user } = refused;
    if (user === undefined) return;
    const key = keyOf(refused);
    const known = this.growing.get(key);
    if (known === undefined && !this.mayBegin()) {
      this.onUnrecorded();
      return;
    }
    const growing = known ?? { user, record: recordOf(refused, this.now()), toldAt: -Infinity, isNews: true };
    if (known !== undefined) {
      const { firstAt, connectedAt, count } = known.record;
      known.record = { ...recordOf(refused, this.now()), firstAt, connectedAt, count: count + 1 };
      known.isNews = true;
    }
    this.growing.delete(key);
    this.growing.set(key, growing);
    if (this.growing.size > MOST_GROWING) this.endQuietest();
    this.tell(growing);
  }

  /** Tells what has not been told, and tells no more. */
  stop(): void {
    clearTimeout(this.timer);
    for (const growing of this.growing.values()) this.tellNow(growing);
    this.growing.clear();
  }

  /** Users were erased: what began before does not grow any more. */
  forget(erased: ErasedUsers): void {
    for (const [key, { user, record }] of this.growing)
      if (isErased(erased, user, Math.min(record.connectedAt ?? record.firstAt, record.firstAt))) this.growing.delete(key);
  }

  private mayBegin(): boolean {
    const now = this.now();
    if (now >= this.secondEnds || now < this.secondEnds - SECOND_MS) {
      this.secondEnds = now + SECOND_MS;
      this.begun = 0;
    }
    this.begun += 1;
    return this.begun <= this.perSecond;
  }

  private tell(growing: Growing): void {
    if (this.ledger !== undefined && Math.abs(this.now() - growing.toldAt) >= TOLD_EVERY_MS) this.tellNow(growing);
    else this.timer ??= setTimeout(() => this.tellNews(), TOLD_EVERY_MS).unref();
  }

  private tellNews(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const growing of this.growing.values()) if (growing.isNews) this.tell(growing);
  }

  private tellNow(growing: Growing): void {
    if (!growing.isNews || this.ledger === undefined) return;
    growing.isNews = false;
    growing.toldAt = this.now();
    this.ledger.refused(growing.user, growing.record);
  }

  private endQuietest(): void {
    const [quietest] = this.growing;
    if (quietest === undefined) return;
    const [key, growing] = quietest;
    this.tellNow(growing);
    this.growing.delete(key);
  }
}

function keyOf({ kind, code, rule = '', user = '', topic = '' }: Refused): string {
  return JSON.stringify([kind, code, rule, user, topic]);
}

function recordOf({ kind, code, rule, message, topic, connectionId, connectedAt, ref }: Refused, now: number): RefusalRecord {
  const about = { kind, code: String(code), rule, message, topic, connection: connectionId, connectedAt, ref };
  return { ...about, firstAt: now, lastAt: now, count: 1 };
}
