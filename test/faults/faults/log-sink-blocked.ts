import { setTimeout as delay } from 'node:timers/promises';
import { Operator } from '../rig/operator.js';
import { effectOn, pairedWindows } from '../rig/paired-windows.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

const SLOWER_SHARE = 0.05;
const DROPPED_MS = 120_000;
/** Every message is logged, and its payload is nothing beside its log lines. */
const LOAD = { topics: TOPICS, sockets: 4, rests: 2, subscribers: 4, inFlight: 32, pauseMs: 2 } as const;

/** F23: whoever reads the log stops, so that the pipe is full. */
export const logSinkBlocked: Fault = {
  id: 'F23',
  title: 'the receiver of the log stops reading',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url(), { env: { WAYBILL_LOG_LEVEL: 'debug' } });
    const operator = new Operator(trial.node);
    const lost = (): Promise<number> => operator.sum('waybill_telemetry_dropped_total', 'signal="logs"');
    await trial.start(LOAD);
    await trial.untilAcked(500);
    trial.node.ignoreOutput();
    const first = await operator.until(async () => (await lost()) || undefined, DROPPED_MS, 'lost lines are counted');
    const pairs = await pairedWindows(
      trial,
      workshop.either({ short: { pairs: 1, windowMs: 2_000 }, long: { pairs: 6, windowMs: 15_000 } }),
      {
        quiet: async (endsAt) => {
          trial.node.readOutput();
          await delay(Math.max(0, endsAt - trial.journal.now()));
        },
        faulty: async (endsAt) => {
          trial.node.ignoreOutput();
          await delay(Math.max(0, endsAt - trial.journal.now()));
        },
      },
    );
    const all = await lost();
    trial.node.readOutput();
    const { quietP99, faultyP99, slower } = effectOn(trial, pairs, () => true);
    await trial.markHealed();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'lines lost and counted': all,
        'p99 without (ms)': quietP99,
        'p99 with (ms)': faultyP99,
        'slower by (%)': Math.round(slower * 1_000) / 10,
        'disconnected subscribers': trial.journal.records.filter(({ kind }) => kind === 'closed').length,
      },
      failures: unmet(
        [first > 0 && all >= first, 'lost lines were not counted'],
        [
          workshop.form === 'short' || slower <= SLOWER_SHARE,
          `p99 rose by ${Math.round(slower * 1_000) / 10} %, from ${quietP99} to ${faultyP99} ms`,
        ],
      ),
    };
  },
};
