import { setTimeout as delay } from 'node:timers/promises';
import { deliveryTimes } from '../rig/delivery-times.js';
import { Operator } from '../rig/operator.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { stretch } from './redis-restarted.js';
import { severalNodes } from './several-nodes.js';

const LATER_MS = 1_500;
const SEEN_MS = 20_000;
/** The node that is cut off, counted from 0. */
const CUT_OFF = 2;
const LOAD = { topics: TOPICS, sockets: 1, rests: 0, subscribers: 0, inFlight: 16, pauseMs: 8 } as const;

/** F10: one node alone loses Redis; it goes on from the log, and the others do not notice. */
export const redisCutOff: Fault = {
  id: 'F10',
  title: 'Redis cut off from one node',
  times: 3,
  async run(workshop) {
    const { trial, links } = await severalNodes(workshop, { linked: [CUT_OFF] });
    const operators = trial.nodes.map((node) => new Operator(node));
    const here = await trial.subscribe(TOPICS, 3, trial.socketUrlOf(CUT_OFF));
    await trial.subscribe(TOPICS, 3, trial.socketUrlOf(0));
    for (const index of trial.nodes.keys()) await trial.publishBySocket(LOAD, trial.socketUrlOf(index));
    await trial.untilAcked(workshop.either({ short: 200, long: 2_000 }));
    const durationMs = workshop.either({ short: 3_000, long: 30_000 });
    const quiet = await stretch(trial, durationMs);
    const from = trial.journal.now();
    links[0]?.redis.cut();
    const degraded = await untilBus(operators[CUT_OFF], 'degraded');
    await delay(durationMs);
    const seen = await Promise.all(operators.map((operator) => operator.readiness()));
    const cut = { from, to: trial.journal.now() };
    links[0]?.redis.restore();
    const restored = await untilBus(operators[CUT_OFF], 'ok');
    await trial.markHealed();
    await trial.untilAcked(100);
    const names = new Set(here.map(({ name }) => name));
    const before = slowest(trial, quiet, (name) => names.has(name));
    const during = slowest(trial, cut, (name) => names.has(name));
    const others = slowest(trial, cut, (name) => !names.has(name));
    const verdict = await trial.finish();
    const othersDegraded = seen.filter((readiness, index) => index !== CUT_OFF && readiness.parts['bus']?.state !== 'ok').length;
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'slowest delivery there before (ms)': before,
        'and while it was cut off (ms)': during,
        'to subscribers of the others (ms)': others,
        'disconnected subscribers': trial.journal.records.filter(({ kind }) => kind === 'closed').length,
      },
      failures: unmet(
        [degraded, `the node did not call its bus degraded within ${SEEN_MS} ms`],
        [seen.every(({ status }) => status === 'ready'), `nodes called themselves ${seen.map(({ status }) => status).join(', ')}`],
        [othersDegraded === 0, `${othersDegraded} other nodes called their bus degraded`],
        [restored, `the node did not call its bus well within ${SEEN_MS} ms of Redis's return`],
        [
          during - before <= LATER_MS,
          `a message came ${during} ms after it was published, ${before} ms before: more than ${LATER_MS} ms later`,
        ],
      ),
    };
  },
};

async function untilBus(operator: Operator | undefined, state: string): Promise<boolean> {
  const look = async (): Promise<true | undefined> => ((await operator?.readiness())?.parts['bus']?.state === state ? true : undefined);
  return (await operator?.until(look, SEEN_MS, `the bus is ${state}`).catch(() => false)) ?? false;
}

function slowest(trial: Trial, within: { readonly from: number; readonly to: number }, counts: (name: string) => boolean): number {
  return Math.round(Math.max(0, ...deliveryTimes(trial.journal, within, counts)));
}
