import { Logger } from '@nestjs/common';
import { Refusal } from '../protocol/refusal.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { AppendOutcome, MessageLog } from './message-log.js';
import type { Draft } from './message.js';

/** A publish that waits for its commit. */
export interface PendingAppend {
  readonly draft: Draft;
  /** Size of the payload. */
  readonly bytes: number;
  readonly traceparent: string | undefined;
  resolve(outcome: AppendOutcome): void;
  reject(error: Refusal): void;
}

export interface CommitLimits {
  /** How long the first of a batch waits for others; 0: not at all. */
  readonly delayMs: number;
  readonly messages: number;
  readonly bytes: number;
}

/** One commit under way at a time; what comes meanwhile forms the next batch. */
export class CommitLane {
  private readonly logger = new Logger(CommitLane.name);
  private readonly queue: PendingAppend[] = [];
  private queuedBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private soon = false;
  private committing: Promise<void> | undefined;

  constructor(
    private readonly log: MessageLog,
    private readonly limits: CommitLimits,
    private readonly telemetry: Telemetry,
  ) {}

  add(pending: PendingAppend): void {
    this.queue.push(pending);
    this.queuedBytes += pending.bytes;
    if (this.committing !== undefined) return;
    if (this.queue.length >= this.limits.messages || this.queuedBytes >= this.limits.bytes) this.begin();
    else if (this.limits.delayMs > 0) this.timer ??= setTimeout(() => this.begin(), this.limits.delayMs);
    else this.beginSoon();
  }

  async drain(): Promise<void> {
    while (this.queue.length > 0 || this.committing !== undefined) {
      if (this.committing === undefined) this.begin();
      await this.committing;
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
    this.committing = this.commit(this.take()).then(() => {
      this.committing = undefined;
      // What came meanwhile has waited long enough.
      this.begin();
    });
  }

  private take(): readonly PendingAppend[] {
    let count = 0;
    let bytes = 0;
    for (const pending of this.queue) {
      if (count >= this.limits.messages || (count > 0 && bytes + pending.bytes > this.limits.bytes)) break;
      count += 1;
      bytes += pending.bytes;
    }
    this.queuedBytes -= bytes;
    return this.queue.splice(0, count);
  }

  private async commit(batch: readonly PendingAppend[]): Promise<void> {
    const bytes = batch.reduce((sum, pending) => sum + pending.bytes, 0);
    const publishes = batch.map((pending) => pending.traceparent).filter((traceparent) => traceparent !== undefined);
    const observation = this.telemetry.append({ messages: batch.length, bytes, publishes });
    try {
      const outcomes = await observation.run(() => this.log.append(batch.map((pending) => pending.draft)));
      batch.forEach((pending, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) pending.reject(unknownOutcome());
        else pending.resolve(outcome);
      });
      observation.end('OK');
    } catch (error) {
      const refusal = this.refusalOf(error);
      for (const pending of batch) pending.reject(refusal);
      observation.end(refusal.code, { message: refusal.message });
    }
  }

  private refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    this.logger.error(error);
    return unknownOutcome();
  }
}

/** The log did not keep its contract: whether anything was stored is not known. */
function unknownOutcome(): Refusal {
  return new Refusal('UNKNOWN_OUTCOME', 'the log gave no verdict; publish again with the same msg_id to learn the position');
}
