import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../rig/answers.js';
import { resumptions } from '../rig/resumptions.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { NODE_LOAD, NODES, severalNodes } from './several-nodes.js';

const EXIT_MS = 30_000;
const SERVICE_RESTART = 1012;
const RESUMED_MS = 10_000;
const BIN_MS = 1_000;
/** The fullest second has at most so many times as many as the middle of all. */
const FULLEST = 2;

interface NodeEnd {
  readonly code: number | null;
  readonly tookMs: number;
}

/** F16: every node in turn is asked to end (SIGTERM) and started again, as an upgrade does. */
export const rollingRestart: Fault = {
  id: 'F16',
  title: 'rolling restart of three nodes (SIGTERM) under load',
  times: 20,
  async run(workshop) {
    const env = workshop.either<Readonly<Record<string, string>>>({ short: { WAYBILL_DRAIN_TIMEOUT_MS: '1500' }, long: {} });
    const { trial } = await severalNodes(workshop, { env });
    await trial.start({
      ...NODE_LOAD,
      subscribers: workshop.either({ short: 30, long: 300 }),
      pauseMs: workshop.either({ short: 8, long: 40 }),
    });
    const ends: NodeEnd[] = [];
    const bins: number[] = [];
    const began = trial.journal.now();
    for (let index = 0; index < NODES; index += 1) {
      await trial.untilAcked(workshop.either({ short: 50, long: 500 }));
      const from = trial.journal.now();
      ends.push(await trial.stopNode(index));
      bins.push(fullestBin(trial, from, trial.journal.now()));
      await trial.bringBack(index, false);
      // A balancer that has seen it, so that the next one's clients have somewhere to go.
      await delay(workshop.either({ short: 500, long: 5_000 }));
    }
    await trial.untilLive();
    await trial.markHealed();
    await trial.untilAcked(100);
    const times = resumptions(trial.journal.records, trial.topicsOf, { from: began, to: trial.journal.now() });
    const codes = closeCodes(trial);
    const verdict = await trial.finish();
    const resumedMs = Math.round(percentile(times, 0.99));
    const slowestExit = Math.round(Math.max(...ends.map(({ tookMs }) => tookMs)));
    const others = codes.filter((code) => code !== SERVICE_RESTART);
    const fullest = Math.max(...bins);
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'connections closed': codes.length,
        'by 1006': codes.filter((code) => code === 1006).length,
        'slowest exit (ms)': slowestExit,
        '99 % resumed within (ms)': resumedMs,
        'fullest second, of the mean': Math.round(fullest * 100) / 100,
      },
      failures: unmet(
        [codes.length > 0, 'no connection was closed'],
        [others.length === 0, `connections were closed with ${[...new Set(others)].join(', ')} too, not with ${SERVICE_RESTART} alone`],
        [ends.every(({ code }) => code === 0), `nodes ended with ${ends.map(({ code }) => String(code)).join(', ')}`],
        [slowestExit <= EXIT_MS, `a node ended ${slowestExit} ms after SIGTERM, not within ${EXIT_MS}`],
        [resumedMs <= RESUMED_MS, `99 % of the subscribers had resumed after ${resumedMs} ms, not within ${RESUMED_MS}`],
        [workshop.form === 'short' || fullest <= FULLEST, `the fullest second had ${fullest.toFixed(2)} times as many closes as the mean`],
      ),
    };
  },
};

/** Close codes that subscribers and publishers saw. */
function closeCodes(trial: Trial): readonly number[] {
  const subscribers = trial.journal.records.flatMap((record) => (record.kind === 'closed' ? [record.code] : []));
  return [...subscribers, ...trial.sockets.flatMap(({ closes }) => closes)];
}

/** How many subscribers were sent away in the fullest second, as a multiple of the mean of all seconds from the first to the last. */
function fullestBin(trial: Trial, from: number, to: number): number {
  const at = trial.journal.records.flatMap((record) =>
    record.kind === 'closed' && record.at >= from && record.at < to ? [record.at] : [],
  );
  const [first, last] = [at[0], at.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const counts = new Map<number, number>();
  for (const each of at) {
    const bin = Math.floor((each - first) / BIN_MS);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return Math.max(...counts.values()) / (at.length / Math.max(1, (last - first) / BIN_MS));
}
