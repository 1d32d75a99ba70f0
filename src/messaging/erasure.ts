import { Injectable } from '@nestjs/common';
import { userTopic } from '../protocol/topic-name.js';
import { History } from './history.js';
import { RecentMessages } from './recent-messages.js';
import { type ErasedRecords, ErasureStore } from './ledger/erasure-store.js';

/** What was erased of a user. */
export interface Erased extends ErasedRecords {
  /** Whether there was anything in the user's own topic, which is empty now. */
  readonly topic: boolean;
  /** Nothing is known of the user until then; milliseconds since the epoch. */
  readonly at: number;
}

/** Takes a user out of messages and receipts. An erasure that was cut short is done again from the beginning, and ends the same. */
@Injectable()
export class Erasure {
  constructor(
    private readonly store: ErasureStore,
    private readonly history: History,
    private readonly recent: RecentMessages,
  ) {}

  /** Somebody was erased, by any node: what is remembered here may have been theirs. */
  forget(): void {
    this.recent.clear();
  }

  /**
   * `leave` ends the connections that the user began until then and resolves, with their ids, when nothing of theirs is under way: between
   * the record that the erasure began and the removal, so that what they leave behind is removed, too. Rejects with `Refusal`
   * `UNAVAILABLE`; then it is to be begun again.
   */
  async erase(user: string, leave: (until: number) => Promise<readonly string[]>): Promise<Erased> {
    const left = await leave(await this.store.begin(user));
    const removed = await this.store.remove(user, left);
    // What was read again meanwhile, too.
    this.forget();
    const topic = await this.history.delete(userTopic(user));
    return { ...removed, topic, at: await this.store.finish(user) };
  }
}
