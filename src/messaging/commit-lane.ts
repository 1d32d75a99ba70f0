import type { Refusal } from '../protocol/refusal.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { commitBatch, countOfBatch, type PendingAppend } from './batch-commit.js';
import type { MessageLog } from './message-log.js';
import { SetAside } from './set-aside.js';

export interface CommitLimits {
  /** How long the first of a batch waits for others; 0: not at all. */
  readonly delayMs: number;
  readonly messages: number;
  readonly bytes: number;
}

/** One commit under way at a time; what comes meanwhile forms the next batch. */
export class CommitLane {
  private queue: PendingAppend[] = [];
  private queuedBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private soon = false;
  private committing: Promise<void> | undefined;
  /** Batches that are committed and whose publishes do not know it yet. */
  private untold = 0;
  private readonly aside: SetAside;

  constructor(
    private readonly log: MessageLog,
    private readonly limits: CommitLimits,
    private readonly telemetry: Telemetry,
  ) {
    this.aside = new SetAside(log, limits, telemetry);
  }

  add(pending: PendingAppend): void {
    if (this.aside.holds(pending.draft.topic)) return this.aside.add(pending);
    this.queue.push(pending);
    this.queuedBytes += pending.bytes;
    if (this.committing !== undefined) return;
    if (this.queue.length >= this.limits.messages || this.queuedBytes >= this.limits.bytes) this.begin();
    else if (this.limits.delayMs > 0) this.timer ??= setTimeout(() => this.begin(), this.limits.delayMs);
    else this.beginSoon();
  }

  /** Gives this verdict to what is not under way yet. */
  refuseWaiting(refusal: Refusal): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.queuedBytes = 0;
    for (const pending of this.queue.splice(0)) pending.reject(refusal);
    this.aside.refuseWaiting(refusal);
  }

  async drain(): Promise<void> {
    while (this.queue.length > 0 || this.committing !== undefined || this.aside.emptied !== undefined || this.untold > 0) {
      if (this.committing === undefined) this.begin();
      await this.committing;
      await this.aside.emptied;
      if (this.untold > 0) await new Promise(setImmediate);
    }
  }

  /** Without a delay, calls of the same turn still share a commit. */
  private beginSoon(): void {
    if (this.soon) return;
    this.soon = true;
    queueMicrotask(() => {
      this.soon = false;
      this.begin();
    });
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.committing !== undefined || this.queue.length === 0) return;
    this.committing = commitBatch(this.take(), (drafts) => this.log.appendFree(drafts), this.telemetry).then(({ busy, tell }) => {
      if (busy.length > 0) this.setAside(busy);
      this.committing = undefined;
      // What came meanwhile has waited long enough.
      this.begin();
      // The next commit is on its way first, so that the log works while the verdicts become replies.
      if (this.committing === undefined) tell();
      else this.tellSoon(tell);
    });
  }

  private take(): readonly PendingAppend[] {
    const batch = this.queue.splice(0, countOfBatch(this.queue, this.limits));
    for (const pending of batch) this.queuedBytes -= pending.bytes;
    return batch;
  }

  private tellSoon(tell: () => void): void {
    this.untold += 1;
    setImmediate(() => {
      this.untold -= 1;
      tell();
    });
  }

  /** With what follows them in their topics. */
  private setAside(busy: readonly PendingAppend[]): void {
    for (const pending of busy) this.aside.add(pending);
    const stays: PendingAppend[] = [];
    for (const pending of this.queue) {
      if (this.aside.holds(pending.draft.topic)) {
        this.queuedBytes -= pending.bytes;
        this.aside.add(pending);
      } else stays.push(pending);
    }
    this.queue = stays;
  }
}
