import { bytesOf, type Entry } from './entry.js';

export interface JournalBudget {
  readonly records: number;
  readonly bytes: number;
}

/**
 * What waits to be recorded, in the order told, within a budget. What does not fit is not taken: the newest is dropped, so that what is
 * lost in one outage is one span of time. What has a row already is taken whatever the budget says: a row whose end is missing would be
 * believed, and there are no more of these than rows.
 */
export class Journal {
  private entries: Entry[] = [];
  /** On their way to the database. */
  private taken: readonly Entry[] = [];
  /** Places of refusals that are counted on while they wait. */
  private readonly refusals = new Map<string, number>();
  private held = { records: 0, bytes: 0 };

  constructor(private readonly budget: JournalBudget) {}

  /** Records that wait or are on their way. */
  get size(): number {
    return this.held.records;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Answers whether it was taken. */
  add(entry: Entry, hasRow = false): boolean {
    if (entry.kind === 'refusal' && this.countOn(entry)) return true;
    const bytes = bytesOf(entry);
    const { records, bytes: held } = this.held;
    if (!hasRow && (records >= this.budget.records || held + bytes > this.budget.bytes)) return false;
    this.held = { records: records + 1, bytes: held + bytes };
    if (entry.kind === 'refusal') this.refusals.set(sameAs(entry), this.entries.length);
    this.entries.push(entry);
    return true;
  }

  /** Everything that is not known to be recorded, in the order told. */
  *unrecorded(): Iterable<Entry> {
    yield* this.taken;
    yield* this.entries;
  }

  /** Everything that waits. It counts until `release`. */
  take(): readonly Entry[] {
    this.taken = this.entries;
    this.entries = [];
    this.refusals.clear();
    return this.taken;
  }

  /** These are recorded, or given up. */
  release(entries: readonly Entry[]): void {
    this.taken = [];
    const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
    this.held = { records: this.held.records - entries.length, bytes: this.held.bytes - bytes };
  }

  /** The same refusal again says all that the one before it said. */
  private countOn(entry: Extract<Entry, { readonly kind: 'refusal' }>): boolean {
    const place = this.refusals.get(sameAs(entry));
    if (place === undefined) return false;
    this.entries[place] = entry;
    return true;
  }
}

function sameAs({ user, refusal }: Extract<Entry, { readonly kind: 'refusal' }>): string {
  return JSON.stringify([user, refusal.kind, refusal.code, refusal.rule, refusal.topic, refusal.firstAt]);
}
