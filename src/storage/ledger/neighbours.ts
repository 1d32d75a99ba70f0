import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { Database } from '../database.js';
import { homeOf } from './home.js';
import { SILENT_MS } from './ledger-run.js';
import { PostgresLedger } from './postgres-ledger.js';

/** Between two looks whether somebody who may live does. */
const LOOK_EVERY_MS = 500;
/** Checkpoints of a node that lives, in which it must have been seen. */
const CHECKPOINTS = 2;
/** For a busy machine. */
const SPARE_MS = 2_000;

/**
 * Runs before this one that may live, of other homes, with which this one is not joined: they have no Redis, or this one has none. This very start
 * took those of its own name for lost; who lives has said otherwise.
 */
const STRANGERS = `
select r.run, r.node, r.joined, r.seen_at from waybill.ledger_run r
  where r.ended_at is null and (r.lost_at is null or r.node = $1) and r.home <> $2 and r.seen_at > waybill.clock_ms() - ${SILENT_MS}
    and r.joined is not null and not (r.joined and $3) and r.run < $4 order by r.run limit 100`;

interface Stranger {
  readonly run: number;
  readonly node: string;
  readonly joined: boolean;
  readonly seenAt: number;
}

/** Other nodes on the same database that no Redis joins with this one. */
@Injectable()
export class Neighbours {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly ledger: PostgresLedger,
  ) {}

  /**
   * Why this node must not run beside others, in sentences. A row may outlive its process by half a minute, and nobody who was killed may keep others
   * from starting: so where there is such a row it is looked at until it moves, for two checkpoints; only who moves, lives.
   */
  async problems(): Promise<readonly string[]> {
    const joined = this.config.cluster.redisUrl !== undefined;
    const before = await this.strangers(joined);
    const until = performance.now() + CHECKPOINTS * this.config.ledger.checkpointMs + SPARE_MS;
    for (let waiting = before; waiting.length > 0 && performance.now() < until; await sleep(LOOK_EVERY_MS)) {
      waiting = await this.strangers(joined);
      const alive = waiting.find((now) => before.some(({ run, seenAt }) => run === now.run && seenAt < now.seenAt));
      if (alive !== undefined) return [sentenceOf(alive, joined)];
    }
    return [];
  }

  private async strangers(joined: boolean): Promise<readonly Stranger[]> {
    const values = [nodeIdOf(this.config), homeOf(this.config), joined, this.ledger.runId ?? Number.MAX_SAFE_INTEGER];
    const rows = await this.database.query('ledger', { text: STRANGERS, values });
    return rows.map(([run, node, itsJoined, seenAt]) => ({
      run: Number(run),
      node: String(node),
      joined: itsJoined === true,
      seenAt: Number(seenAt),
    }));
  }
}

function sentenceOf({ node, joined }: Stranger, hasRedis: boolean): string {
  const who = hasRedis ? 'that one has no Redis' : joined ? 'this one has no Redis' : 'neither has a Redis';
  return `REDIS_URL: ${node} runs on the same database, and ${who}, so neither would tell the other of its messages. Give all nodes that share a database the same REDIS_URL, or run one alone.`;
}
