import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Telemetry } from '../../telemetry/telemetry.js';
import { Database } from '../database.js';
import { Rounds } from '../rounds.js';

const INTERVAL_MS = 5_000;
/** A node that has not read a hint for this long finds the message by its sweep of heads. */
const AGE_MS = 10_000;

/**
 * Removes hints that every node has had time to read, and counts the messages they stood for: each hint is removed by one node, so
 * each message is counted once, however many nodes there are. Every node may run it.
 */
@Injectable()
export class HintKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HintKeeper.name);
  private readonly rounds = new Rounds(this.logger, {
    everyMs: INTERVAL_MS,
    round: () => this.expire(),
    failure: 'Old hints could not be removed and are tried again',
  });

  constructor(
    private readonly database: Database,
    private readonly telemetry: Telemetry,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** Removes hints older than `ageMs`, in milliseconds. Rejects with `QueryFailure`. */
  async expire(ageMs = AGE_MS): Promise<void> {
    const rows = await this.database.query('hints', {
      text: 'select e.namespace, e.messages from waybill.expire_hints($1) as e',
      values: [ageMs],
    });
    for (const [namespace, messages] of rows) this.telemetry.publishedBySql(namespace as string, Number(messages));
  }
}
