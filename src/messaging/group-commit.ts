import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { CommitLane, type PendingAppend } from './commit-lane.js';
import { type AppendOutcome, MessageLog } from './message-log.js';
import type { Draft } from './message.js';

/** What a refused publisher is told to wait, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/**
 * Lets publishes share commits. Topics are spread by hash over a few lanes, and a lane has one batch under way while its next
 * one fills: so the order of calls within a topic is the order of its log.
 */
@Injectable()
export class GroupCommit {
  private readonly lanes: readonly CommitLane[];
  private waiting = 0;
  private waitingBytes = 0;
  private closed = false;

  constructor(
    log: MessageLog,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
  ) {
    const { publishLanes, groupCommitDelayMs, groupCommitMessages, groupCommitBytes } = config.messaging;
    const limits = { delayMs: groupCommitDelayMs, messages: groupCommitMessages, bytes: groupCommitBytes };
    this.lanes = Array.from({ length: publishLanes }, () => new CommitLane(log, limits, telemetry));
  }

  /**
   * Queues in call order. Rejects with a `Refusal`: `UNAVAILABLE` when the queue is full, `DRAINING` after `close`, or what the
   * log rejected the batch with.
   */
  append(draft: Draft, bytes: number, traceparent: string | undefined): Promise<AppendOutcome> {
    const refusal = this.refusal(bytes);
    if (refusal !== undefined) {
      if (refusal.code === 'UNAVAILABLE') this.telemetry.rateLimited('publish_queue');
      return Promise.reject(refusal);
    }
    this.waiting += 1;
    this.waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        this.waiting -= 1;
        this.waitingBytes -= bytes;
      };
      const pending: PendingAppend = {
        draft,
        bytes,
        traceparent,
        resolve: (outcome) => (settled(), resolve(outcome)),
        reject: (error) => (settled(), reject(error)),
      };
      (this.lanes[laneOf(draft.topic, this.lanes.length)] as CommitLane).add(pending);
    });
  }

  /** Takes nothing more and waits for everything that was taken. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.lanes.map((lane) => lane.drain()));
  }

  private refusal(bytes: number): Refusal | undefined {
    const { publishQueue, publishQueueBytes } = this.config.messaging;
    if (this.closed) return new Refusal('DRAINING', 'this node is shutting down; publish to another one', { retryAfterMs: RETRY_AFTER_MS });
    if (this.waiting >= publishQueue)
      return overloaded(`${publishQueue} publishes are waiting for the database (option messaging.publishQueue)`);
    if (this.waitingBytes + bytes > publishQueueBytes && this.waiting > 0) {
      return overloaded(`${publishQueueBytes} bytes are waiting for the database (option messaging.publishQueueBytes)`);
    }
    return undefined;
  }
}

function overloaded(reason: string): Refusal {
  return new Refusal('UNAVAILABLE', `${reason}; nothing was stored`, { retryAfterMs: RETRY_AFTER_MS });
}

/** FNV-1a over the topic's characters: topic names are ASCII. */
function laneOf(topic: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < topic.length; index += 1) {
    hash = Math.imul(hash ^ topic.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % lanes;
}
