import { Logger } from '@nestjs/common';
import { Refusal } from '../protocol/refusal.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { AppendOutcome, TopicBusy } from './message-log.js';
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

type Append = (drafts: readonly Draft[]) => Promise<readonly (AppendOutcome | TopicBusy)[]>;

const logger = new Logger('BatchCommit');

/** What became of a batch. */
export interface CommittedBatch {
  /** Publishes without a verdict, because their topic is busy. */
  readonly busy: readonly PendingAppend[];
  /** Gives the others their verdicts. */
  readonly tell: () => void;
}

/** Appends a batch. Never rejects. */
export async function commitBatch(batch: readonly PendingAppend[], append: Append, telemetry: Telemetry): Promise<CommittedBatch> {
  const bytes = batch.reduce((sum, pending) => sum + pending.bytes, 0);
  const publishes = batch.map((pending) => pending.traceparent).filter((traceparent) => traceparent !== undefined);
  const observation = telemetry.append({ messages: batch.length, bytes, publishes });
  try {
    const outcomes = await observation.run(() => append(batch.map((pending) => pending.draft)));
    observation.end('OK');
    return { busy: batch.filter((_pending, index) => outcomes[index]?.kind === 'busy'), tell: () => tellAll(batch, outcomes) };
  } catch (error) {
    const refusal = refusalOf(error);
    observation.end(refusal.code, { message: refusal.message });
    return { busy: [], tell: () => batch.forEach((pending) => pending.reject(refusal)) };
  }
}

function tellAll(batch: readonly PendingAppend[], outcomes: readonly (AppendOutcome | TopicBusy)[]): void {
  batch.forEach((pending, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined) pending.reject(unknownOutcome());
    else if (outcome.kind !== 'busy') pending.resolve(outcome);
  });
}

/** How many of a queue's first publishes make up one commit. */
export function countOfBatch(queue: readonly PendingAppend[], limits: { readonly messages: number; readonly bytes: number }): number {
  let count = 0;
  let bytes = 0;
  for (const pending of queue) {
    if (count >= limits.messages || (count > 0 && bytes + pending.bytes > limits.bytes)) break;
    count += 1;
    bytes += pending.bytes;
  }
  return count;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  logger.error(error);
  return unknownOutcome();
}

/** The log did not keep its contract: whether anything was stored is not known. */
function unknownOutcome(): Refusal {
  return new Refusal('UNKNOWN_OUTCOME', 'the log gave no verdict; publish again with the same msg_id to learn the position');
}
