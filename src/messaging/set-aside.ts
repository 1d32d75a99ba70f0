import type { Refusal } from '../protocol/refusal.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { commitBatch, countOfBatch, type PendingAppend } from './batch-commit.js';
import type { MessageLog } from './message-log.js';

/**
 * Publishes of topics that another transaction of the database holds. They wait here for their topic, together with what follows
 * them in it, so that the order of a topic is kept and the other topics of the lane go on.
 */
export class SetAside {
  private readonly queue: PendingAppend[] = [];
  private readonly topics = new Set<string>();
  private working: Promise<void> | undefined;

  constructor(
    private readonly log: MessageLog,
    private readonly limits: { readonly messages: number; readonly bytes: number },
    private readonly telemetry: Telemetry,
  ) {}

  /** Whether publishes of this topic have to follow those that are here. */
  holds(topic: string): boolean {
    return this.topics.size > 0 && this.topics.has(topic);
  }

  add(pending: PendingAppend): void {
    this.topics.add(pending.draft.topic);
    this.queue.push(pending);
    this.working ??= this.work();
  }

  /** Gives this verdict to what is not under way yet. */
  refuseWaiting(refusal: Refusal): void {
    for (const pending of this.queue.splice(0)) pending.reject(refusal);
  }

  /** Resolves when nothing is here; undefined where nothing is. */
  get emptied(): Promise<void> | undefined {
    return this.working;
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, countOfBatch(this.queue, this.limits));
      const { tell } = await commitBatch(batch, (drafts) => this.log.append(drafts), this.telemetry);
      this.letGo();
      tell();
    }
    this.working = undefined;
  }

  /** Topics of which nothing waits any more are the lane's again. */
  private letGo(): void {
    this.topics.clear();
    for (const { draft } of this.queue) this.topics.add(draft.topic);
  }
}
