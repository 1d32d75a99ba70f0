import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationRole } from '../../support/application-role.js';
import type { LogRecord } from '../checker/record.js';
import { SqlDoor } from '../load/sql-door.js';
import { signal } from '../rig/processes.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { NODE_LOAD, NODES, severalNodes } from './several-nodes.js';

const PUBLISHERS = 3;

/** F27: applications publish by SQL, and the nodes that look for such messages are stopped and go on in the middle of it. */
export const outboxRelayedTwice: Fault = {
  id: 'F27',
  title: 'nodes that relay SQL publishes are stopped (SIGSTOP) and go on',
  times: 3,
  async run(workshop) {
    const { trial, postgres } = await severalNodes(workshop);
    for (const index of trial.nodes.keys()) await trial.subscribe(TOPICS, 2, trial.socketUrlOf(index));
    const load = { ...NODE_LOAD, inFlight: 1, pauseMs: 5 };
    for (let each = 0; each < PUBLISHERS; each += 1) {
      const name = `sql-${each + 1}`;
      const role = await ApplicationRole.create(postgres.url());
      workshop.onEnd(() => role.drop());
      await role.allow(name, ['*']);
      const [client, owner] = [await role.connect(), await postgres.connect()];
      workshop.onEnd(() => owner.end());
      const epochOf = (topic: string): Promise<string> => trial.epochOf(topic);
      trial.publishBy(name, new SqlDoor({ client, owner, publisher: name, epochOf }), load);
    }
    await trial.untilAcked(workshop.either({ short: 200, long: 1_000 }));
    for (let stop = 0; stop < workshop.either({ short: 2, long: 8 }); stop += 1) {
      const { pid } = trial.gateways.at(workshop.random.below(NODES));
      signal(pid, 'SIGSTOP');
      await delay(workshop.random.between(500, workshop.either({ short: 2_500, long: 8_000 })));
      signal(pid, 'SIGCONT');
      await trial.untilAcked(100);
    }
    await trial.markHealed();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    const twice = deliveredTwice(trial.journal.records);
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'published by SQL': verdict.figures.acked, 'delivered twice': twice },
      failures: unmet([twice === 0, `${twice} messages came to a subscriber twice`]),
    };
  },
};

/** Messages that came more than once by one connection. */
function deliveredTwice(records: readonly LogRecord[]): number {
  const keys = records.flatMap((record) =>
    record.kind === 'delivered' ? [JSON.stringify([record.subscriber, record.connection, record.topic, record.epoch, record.seq])] : [],
  );
  return keys.length - new Set(keys).size;
}
