import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type { PendingAppend } from './batch-commit.js';
import { CommitLane } from './commit-lane.js';
import { type AppendOutcome, MessageLog } from './message-log.js';
import type { Draft } from './message.js';
import type { PublishSource } from './publish-source.js';
import { WaitingRoom } from './waiting-room.js';

/** What a refused publisher is told to wait, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/** What is under way on this node. */
export interface PublishCounts {
  /** Publishes that were taken and have no verdict yet. */
  readonly taken: number;
  /** Publishes that wait for room. */
  readonly waiting: number;
  /** Connections that are not read because a publish of theirs waits. */
  readonly paused: number;
}

/**
 * Lets publishes share commits. Topics are spread by hash over lanes (one, by default), and a lane has one batch under way while
 * its next one fills: so the order of calls within a topic is the order of its log.
 *
 * What has been taken is bounded. Beyond it a publish whose source can be held up waits its turn; any other is refused. While the log
 * is away nothing waits.
 */
@Injectable()
export class GroupCommit {
  private readonly lanes: readonly CommitLane[];
  private readonly room: WaitingRoom;
  private taken = 0;
  private takenBytes = 0;
  private closed = false;

  constructor(
    private readonly log: MessageLog,
    private readonly config: Config,
    private readonly telemetry: Telemetry,
  ) {
    const { publishLanes, groupCommitDelayMs, groupCommitMessages, groupCommitBytes, publishPauseMs } = config.messaging;
    const limits = { delayMs: groupCommitDelayMs, messages: groupCommitMessages, bytes: groupCommitBytes };
    this.lanes = Array.from({ length: publishLanes }, () => new CommitLane(log, limits, telemetry));
    this.room = new WaitingRoom(publishPauseMs, () => this.full(`no room was found for ${publishPauseMs} ms`));
    log.availability.watch(() => this.logChanged());
  }

  get counts(): PublishCounts {
    return { taken: this.taken, waiting: this.room.size, paused: this.room.sources };
  }

  /**
   * Queues in call order. Rejects with a `Refusal`: `UNAVAILABLE` when the queue is full (without a source: at once) or the log is
   * away, `DRAINING` after `close`, or what the log rejected the batch with.
   */
  append(draft: Draft, bytes: number, traceparent: string | undefined, source?: PublishSource): Promise<AppendOutcome> {
    const refusal = this.closed ? draining() : this.log.availability.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const pending = { draft, bytes, traceparent, resolve, reject };
      if (this.room.size === 0 && this.hasRoom(bytes)) this.take(pending);
      else if (source === undefined || this.config.messaging.publishPauseMs === 0) reject(this.full('nothing was stored'));
      else this.room.add(pending, source);
    });
  }

  /** Takes nothing more and waits for everything that was taken. */
  async close(): Promise<void> {
    this.closed = true;
    this.room.refuseAll(draining());
    await Promise.all(this.lanes.map((lane) => lane.drain()));
  }

  private hasRoom(bytes: number): boolean {
    const { publishQueue, publishQueueBytes } = this.config.messaging;
    return this.taken < publishQueue && (this.taken === 0 || this.takenBytes + bytes <= publishQueueBytes);
  }

  private take(pending: PendingAppend): void {
    const { draft, bytes } = pending;
    this.taken += 1;
    this.takenBytes += bytes;
    (this.lanes[laneOf(draft.topic, this.lanes.length)] as CommitLane).add({
      ...pending,
      resolve: (outcome) => (this.settled(bytes), pending.resolve(outcome)),
      reject: (error) => (this.settled(bytes), pending.reject(error)),
    });
  }

  private settled(bytes: number): void {
    this.taken -= 1;
    this.takenBytes -= bytes;
    for (let next = this.room.first; next !== undefined && this.hasRoom(next.bytes); next = this.room.first) {
      this.room.takeFirst();
      this.take(next);
    }
  }

  private logChanged(): void {
    const { refusal } = this.log.availability;
    if (refusal === undefined) return;
    // Those that wait first, so that none of them takes the place of one that is refused.
    this.room.refuseAll(refusal);
    for (const lane of this.lanes) lane.refuseWaiting(refusal);
  }

  private full(ending: string): Refusal {
    this.telemetry.rateLimited('publish_queue');
    const { publishQueue, publishQueueBytes } = this.config.messaging;
    const reason =
      this.taken >= publishQueue
        ? `${publishQueue} publishes are waiting for the database (option messaging.publishQueue)`
        : `${publishQueueBytes} bytes are waiting for the database (option messaging.publishQueueBytes)`;
    return new Refusal('UNAVAILABLE', `${reason}; ${ending}`, { retryAfterMs: RETRY_AFTER_MS });
  }
}

function draining(): Refusal {
  return new Refusal('DRAINING', 'this node is shutting down; publish to another one', { retryAfterMs: RETRY_AFTER_MS });
}

/** FNV-1a over the topic's characters: topic names are ASCII. */
function laneOf(topic: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < topic.length; index += 1) {
    hash = Math.imul(hash ^ topic.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % lanes;
}
