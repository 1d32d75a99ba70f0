import { setTimeout as delay } from 'node:timers/promises';
import type { Draft } from '../messaging/message.js';
import type { AppendOutcome, TopicBusy } from '../messaging/message-log.js';
import { refuseUnstorable } from '../messaging/storable.js';
import { Refusal } from '../protocol/refusal.js';
import { type KeepDays, appendCall, callOutcome } from './append-call.js';
import { appendFailure, topicBusy } from './append-failure.js';
import type { Database } from './database.js';

/** Times that messages of a locked topic are tried, each waiting at most the function's lock timeout of 250 ms. */
const LOCK_ATTEMPTS = 4;
/** Times that a deadlock or serialisation failure is tried again. */
const CHANCE_ATTEMPTS = 6;
/** Longest pause before such a repeat; random, so that the same calls do not meet again. */
const CHANCE_PAUSE_MS = 20;

interface Item {
  readonly draft: Draft;
  /** Place in the caller's list. */
  readonly index: number;
}

/** One append on its way to a verdict for each of its items: repeats, sets aside and halves what the database cannot take at once. */
export class AppendBatch {
  private readonly outcomes: (AppendOutcome | undefined)[];

  constructor(
    private readonly database: Database,
    private readonly drafts: readonly Draft[],
    private readonly keepDays: KeepDays,
    private readonly windowMs: number,
  ) {
    this.outcomes = new Array<AppendOutcome | undefined>(drafts.length).fill(undefined);
  }

  /** Waits for topics that other transactions hold, for a bounded time. */
  async run(): Promise<readonly AppendOutcome[]> {
    await this.store(this.storable());
    return this.outcomes.map((outcome) => outcome as AppendOutcome);
  }

  /** Leaves items alone whose topic another transaction holds. */
  async runFree(): Promise<readonly (AppendOutcome | TopicBusy)[]> {
    await this.store(this.storable(), 'once');
    return this.outcomes.map((outcome) => outcome ?? { kind: 'busy' });
  }

  private storable(): readonly Item[] {
    const items: Item[] = [];
    this.drafts.forEach((draft, index) => {
      const refusal = refuseUnstorable(draft);
      if (refusal === undefined) items.push({ draft, index });
      else this.outcomes[index] = { kind: 'refused', refusal };
    });
    return items;
  }

  private async store(items: readonly Item[], tries: 'once' | 'patiently' = 'patiently'): Promise<void> {
    let pending = items;
    let wait = tries === 'patiently';
    let lockAttempts = 0;
    let chanceAttempts = 0;
    while (pending.length > 0) {
      try {
        pending = await this.call(pending, wait);
        if (tries === 'once') return;
        wait = true;
      } catch (error) {
        const failure = appendFailure(error);
        if (failure.kind === 'refuse') return this.refuse(pending, failure.refusal);
        if (failure.kind === 'halve') return this.halve(pending, failure.problem);
        if (failure.kind === 'again') {
          chanceAttempts += 1;
          if (chanceAttempts === CHANCE_ATTEMPTS) return this.refuse(pending, topicBusy());
          await delay(Math.random() * CHANCE_PAUSE_MS);
          continue;
        }
        if (tries === 'once') return;
        lockAttempts += 1;
        // Now what is free goes first; what was not, is waited for again.
        wait = false;
      }
      // The last attempt ends with what is free; only a topic that is being created elsewhere can hold that up too.
      if (lockAttempts >= (wait ? LOCK_ATTEMPTS : 2 * LOCK_ATTEMPTS)) return this.refuse(pending, topicBusy());
    }
  }

  /** Answers the items whose topic was locked. */
  private async call(items: readonly Item[], wait: boolean): Promise<readonly Item[]> {
    const rows = await this.database.query(
      'append',
      appendCall(
        items.map((item) => item.draft),
        this.keepDays,
        this.windowMs,
        wait,
      ),
    );
    const busy: Item[] = [];
    items.forEach((item, place) => {
      const outcome = callOutcome(rows[place] ?? []);
      if (outcome.kind === 'busy') busy.push(item);
      else this.outcomes[item.index] = outcome;
    });
    return busy;
  }

  /** Finds the item that the database refuses. One half after the other, each patiently, so that a topic keeps its order. */
  private async halve(items: readonly Item[], problem: string): Promise<void> {
    if (items.length === 1) return this.refuse(items, new Refusal('BAD_REQUEST', `The database cannot store this message: ${problem}`));
    const middle = Math.ceil(items.length / 2);
    await this.store(items.slice(0, middle));
    await this.store(items.slice(middle));
  }

  private refuse(items: readonly Item[], refusal: Refusal): void {
    for (const item of items) this.outcomes[item.index] = { kind: 'refused', refusal };
  }
}
