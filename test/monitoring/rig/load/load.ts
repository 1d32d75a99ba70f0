import { tokenFor } from '../../../faults/rig/credentials.js';
import type { Random } from '../../../faults/rig/random.js';
import { readEvents } from '../../../soak/http-clients.js';
import type { Program } from '../../../support/program.js';
import { RestCaller } from '../rest-caller.js';
import { operate } from './operators.js';
import { publishByRest, publishBySql } from './publishers.js';
import { beRefused, useRevokedToken } from './refused.js';
import { type Site, TOPICS } from './site.js';
import { converse, stopReading, wander } from './sockets.js';

/** Clients of every kind at once, so that as many series as possible move; some tens of messages a second. */
export class Load {
  private readonly ending = new AbortController();
  private readonly running: Promise<unknown>;

  static start(node: Program, databaseUrl: string, random: Random): Load {
    return new Load(node, databaseUrl, random);
  }

  private constructor(node: Program, databaseUrl: string, random: Random) {
    const { signal } = this.ending;
    const site = (): Site => ({ node, rest: new RestCaller(node.port), databaseUrl, random: random.branch(), signal });
    const parts = [wander, converse, stopReading, publishByRest, publishBySql, beRefused, useRevokedToken, operate, readStreams];
    this.running = Promise.all(
      parts.map((part) =>
        part(site()).catch((error: unknown) => {
          throw new Error(`${part.name}: ${String(error)}`, { cause: error });
        }),
      ),
    );
    // Whoever stops the load is told; until then it must not end the process.
    this.running.catch(() => undefined);
  }

  /** Ends it; rejects where a part of it met what it did not expect. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }
}

async function readStreams({ rest, random, signal }: Site): Promise<void> {
  const tally = { lives: 0, published: 0, delivered: 0, recovered: 0, holes: 0 };
  await readEvents(rest.url, await tokenFor('stream'), TOPICS.durable, random, tally, signal);
}
