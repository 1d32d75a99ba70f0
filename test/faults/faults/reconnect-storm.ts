import { percentile } from '../rig/answers.js';
import { Operator, sumOf } from '../rig/operator.js';
import { resumptions } from '../rig/resumptions.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { severalNodes } from './several-nodes.js';

const BACK_MS = 30_000;
const MOST_BACK_MS = 10_000;
/** What clients wait at random before they come back, as ours do at first. */
const JITTER_MS = 5_000;
const STORM_TOPICS = Array.from({ length: 20 }, (_, index) => `storm.t${index}`);
/** Connected at a time, so that the beginning is no storm itself. */
const TOGETHER = 200;
const READS = ['read', 'ends'] as const;

/** F15: the node of very many clients is killed, and all of them come to the others. */
export const reconnectStorm: Fault = {
  id: 'F15',
  title: 'reconnect storm: a node with very many clients is killed',
  times: 3,
  async run(workshop) {
    const { trial } = await severalNodes(workshop);
    const count = workshop.either({ short: 300, long: 10_000 });
    const way = new Way(trial);
    for (let left = count, topic = 0; left > 0; left -= TOGETHER, topic += 1) {
      const own = STORM_TOPICS[topic % STORM_TOPICS.length] as string;
      await trial.subscribe([own], Math.min(TOGETHER, left), way.next, JITTER_MS);
    }
    // Few messages: each of them is hundreds of deliveries.
    const load = {
      topics: STORM_TOPICS,
      sockets: 1,
      rests: 0,
      subscribers: 0,
      inFlight: 4,
      pauseMs: workshop.either({ short: 50, long: 250 }),
    };
    for (const index of [1, 2]) await trial.publishBySocket(load, trial.socketUrlOf(index));
    await trial.untilAcked(50);
    const survivors = trial.nodes.slice(1).map((node) => new Operator(node));
    const before = await readsOf(survivors);
    const from = trial.journal.now();
    way.homeIsGone = true;
    await trial.killNode(0);
    await trial.untilLive(2 * BACK_MS);
    const to = trial.journal.now();
    const after = await readsOf(survivors);
    const times = resumptions(trial.journal.records, trial.topicsOf, { from, to });
    const lag = await Promise.all(survivors.map((operator) => operator.sum('nodejs_eventloop_lag_max_seconds')));
    await trial.bringBack(0);
    await trial.markHealed();
    await trial.untilAcked(20);
    const verdict = await trial.finish();
    const [most, last] = [percentile(times, 0.99), Math.max(...times)].map(Math.round) as [number, number];
    const [reads, ends] = READS.map((_, index) => (after[index] ?? 0) - (before[index] ?? 0)) as [number, number];
    const limit = STORM_TOPICS.length * survivors.length;
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        clients: times.length,
        '99 % back after (ms)': most,
        'all back after (ms)': last,
        'reads of the log': reads,
        'reads of heads': ends,
        'longest delay of an event loop (ms)': Math.round(Math.max(...lag) * 1_000),
      },
      failures: unmet(
        [times.length >= count, `only ${times.length} of ${count} clients lost their node and came back`],
        [most <= MOST_BACK_MS, `99 % of the clients were back after ${most} ms, not within ${MOST_BACK_MS}`],
        [last <= BACK_MS, `the last client was back after ${last} ms, not within ${BACK_MS}`],
        [reads <= limit, `the log was read ${reads} times for ${STORM_TOPICS.length} topics at ${survivors.length} nodes`],
      ),
    };
  },
};

/** Where the storm's clients go: home while it stands, then to the others in turn. */
class Way {
  homeIsGone = false;
  private turn = 0;

  constructor(private readonly trial: Trial) {}

  readonly next = (): string => {
    if (!this.homeIsGone) return this.trial.socketUrlOf(0);
    this.turn += 1;
    return this.trial.socketUrlOf(1 + (this.turn % 2));
  };
}

/** How often nodes have read the log and its heads, together. */
async function readsOf(operators: readonly Operator[]): Promise<readonly number[]> {
  const all = await Promise.all(operators.map((operator) => operator.metrics()));
  return READS.map((operation) =>
    all.reduce((sum, metrics) => sum + sumOf(metrics, 'waybill_db_operation_duration_seconds_count', `operation="${operation}"`), 0),
  );
}
