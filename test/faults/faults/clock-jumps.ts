import { setTimeout as delay } from 'node:timers/promises';
import { Clocks } from '../rig/clocks.js';
import { CREDENTIALS } from '../rig/credentials.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { NODE_LOAD, severalNodes } from './several-nodes.js';

const HOUR_MS = 3_600_000;
const SKEW_MS = 30_000;
/** How far clocks are ahead: at the start, and then again and again. */
const SKEWS: readonly number[] = [0, SKEW_MS, -SKEW_MS];
const JUMPS: readonly (readonly number[])[] = [
  [0, HOUR_MS, -HOUR_MS],
  [HOUR_MS, 0, 0],
  [-HOUR_MS, -SKEW_MS, SKEW_MS],
];

/** F21: clocks of three nodes differ by half a minute, and then jump by an hour. */
export const clockJumps: Fault = {
  id: 'F21',
  title: 'clocks 30 s apart, and jumps by an hour',
  times: 3,
  async run(workshop) {
    const clocks = new Clocks();
    workshop.onEnd(() => clocks.remove());
    // What a node tells of times is by its own clock, so the ledger is not asked here.
    const { trial } = await severalNodes(workshop, { nodeEnv: (index) => clocks.env(index, SKEWS[index] ?? 0), pairs: 0 });
    await trial.start(NODE_LOAD);
    await trial.untilAcked(workshop.either({ short: 200, long: 2_000 }));
    const apart = await clockOf(trial, 1);
    for (const jump of JUMPS) {
      trial.nodes.forEach(({ pid }, index) => clocks.set(index, pid, jump[index] ?? 0));
      await delay(workshop.either({ short: 2_000, long: 40_000 }));
      await trial.untilAcked(200);
    }
    await trial.markHealed();
    await trial.untilAcked(100);
    const codes = [
      ...trial.journal.records.flatMap((record) => (record.kind === 'closed' ? [record.code] : [])),
      ...trial.sockets.flatMap(({ closes }) => closes),
    ];
    const jumped = await clockOf(trial, 1);
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { jumps: JUMPS.length, disconnects: codes.length, reordered: verdict.violations.L5.length },
      failures: unmet(
        [Math.abs(apart - SKEW_MS) < SKEW_MS / 2, `the clock of node-2 was ahead by ${apart} ms, not by ${SKEW_MS}`],
        [Math.abs(jumped + SKEW_MS) < SKEW_MS / 2, `the clock of node-2 was ahead by ${jumped} ms, not by ${-SKEW_MS}`],
        [codes.length === 0, `${codes.length} connections ended: ${[...new Set(codes)].join(', ')}`],
      ),
    };
  },
};

/** How far a node's clock is ahead, by what it says when it mints a token. */
async function clockOf(trial: Trial, index: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${trial.gateways.at(index).port}/api/v1/auth/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CREDENTIALS.WAYBILL_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'clock' }),
  });
  const { data } = (await answer.json()) as { readonly data: { readonly token: string } };
  const payload = Buffer.from(data.token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { readonly iat: number }).iat * 1_000 - Date.now();
}
