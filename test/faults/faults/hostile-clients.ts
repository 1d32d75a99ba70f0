import { setTimeout as delay } from 'node:timers/promises';
import { HOSTILE_CLIENTS, type HostileClient, QUICK_LIMITS } from '../load/hostile-clients.js';
import { tokenFor } from '../rig/credentials.js';
import { Operator } from '../rig/operator.js';
import { effectOn, pairedWindows } from '../rig/paired-windows.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { gatherCrowd } from './stopped-reader.js';

const AT_ONCE = 3;
const CLOSED_MS = 30_000;
const SLOWER_SHARE = 0.05;

/** H1 and on: clients that cost the gateway something, a few at once and again and again; what others notice of it. */
export const hostileClients: readonly Fault[] = HOSTILE_CLIENTS.map((client, index) => ({
  id: `H${index + 1}`,
  title: `a client that ${client.name}`,
  times: 1,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url(), { env: QUICK_LIMITS });
    const operator = new Operator(trial.node);
    await gatherCrowd(trial, workshop.either({ short: 40, long: 300 }));
    const codes: (number | undefined)[] = [];
    const sizes = workshop.either({ short: { pairs: 1, windowMs: 2_000 }, long: { pairs: 5, windowMs: 10_000 } });
    const pairs = await pairedWindows(trial, sizes, {
      quiet: (endsAt) => delay(Math.max(0, endsAt - trial.journal.now())),
      faulty: async (endsAt) => {
        do codes.push(...(await attackTogether(trial, operator, client, codes.length)));
        while (trial.journal.now() < endsAt);
      },
    });
    const { quietP99, faultyP99, slower, residentMb } = effectOn(trial, pairs, () => true);
    const othersClosed = trial.journal.records.filter(({ kind }) => kind === 'closed').length;
    const verdict = await trial.finish();
    const percent = Math.round(slower * 1_000) / 10;
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        attacks: codes.length,
        'closed with': [...new Set(codes)].join(', '),
        "others' p99 without (ms)": quietP99,
        "others' p99 with (ms)": faultyP99,
        "others' p99, slower by (%)": percent,
        'memory with it, more by (MB)': residentMb,
      },
      failures: unmet(
        [
          codes.every((code) => code === client.code),
          `attacks were closed with ${[...new Set(codes)].join(', ')}, not with ${client.code}`,
        ],
        [othersClosed === 0, `${othersClosed} connections of others were closed`],
        [workshop.form === 'short' || slower <= SLOWER_SHARE, `others' p99 rose by ${percent} %, from ${quietP99} to ${faultyP99} ms`],
      ),
    };
  },
}));

/** Answers the codes that the gateway closed them with; undefined where it did not in time. */
function attackTogether(trial: Trial, operator: Operator, client: HostileClient, count: number): Promise<readonly (number | undefined)[]> {
  const users = Array.from({ length: AT_ONCE }, (_, index) => `hostile-${count + index}`);
  return Promise.all(
    users.map(async (user) => {
      const queuedBytes = async (): Promise<number> => (await operator.connections('open', user))[0]?.queued_bytes ?? 0;
      const end = await client.attack({ port: trial.node.port, token: await tokenFor(user), queuedBytes });
      try {
        const closed = await operator.until(async () => (await operator.connections('closed', user))[0], CLOSED_MS, `${user} is closed`);
        return closed.close?.code;
      } finally {
        await end();
      }
    }),
  );
}
