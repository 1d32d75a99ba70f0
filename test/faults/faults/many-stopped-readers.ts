import { setTimeout as delay } from 'node:timers/promises';
import { MuteClient } from '../load/mute-client.js';
import { tokenFor } from '../rig/credentials.js';
import { MemoryWatch } from '../rig/memory-watch.js';
import { Operator, sumOf } from '../rig/operator.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { gatherCrowd } from './stopped-reader.js';

/** So small that it is what acts: the readers that stop would have 1 MiB each. */
const BUDGET_BYTES = { short: 4 * 1_048_576, long: 32 * 1_048_576 };
/** One message on its way to a connection, envelope and head included. */
const BATCH_BYTES = 65_536;
const HEAP_MB = 512;
const FLOOD = 'flood.b';
const PAYLOAD_BYTES = 60_000;
const ASK_EVERY_MS = 100;
const SAMPLE_MS = 50;
const ENDED_MS = 180_000;

/** F14: half of the clients stop reading at once, and the gateway has a heap of 512 MB. */
export const manyStoppedReaders: Fault = {
  id: 'F14',
  title: 'half of the readers stop reading at once',
  times: 3,
  async run(workshop) {
    const budget = BUDGET_BYTES[workshop.form];
    const postgres = await workshop.postgres();
    const env = {
      WAYBILL_NODE_QUEUE_BYTES: String(budget),
      // Who reads nothing answers no ping either, and would be closed for that where the kernels take long to fill.
      WAYBILL_PING_INTERVAL_MS: '0',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    };
    const trial = await workshop.trial(postgres.url(), { env });
    const operator = new Operator(trial.node);
    const half = workshop.either({ short: 40, long: 500 });
    await gatherCrowd(trial, half);
    const mutes = await connectMutes(trial, half);
    workshop.onEnd(() => mutes.forEach((mute) => mute.end()));
    const memory = new MemoryWatch(trial.node.pid);
    await trial.publishBySocket({
      topics: [FLOOD],
      sockets: 1,
      rests: 0,
      subscribers: 0,
      inFlight: 4,
      pauseMs: 50,
      payloadBytes: PAYLOAD_BYTES,
    });
    const deepest = await fillQueues(operator, mutes);
    const metrics = await operator.metrics();
    const closed = (reason: string): number => sumOf(metrics, 'waybill_connections_closed_total', `reason="${reason}"`);
    const [slow, stalled] = [closed('slow consumer'), closed('write stalled')];
    const growth = memory.end();
    for (const mute of mutes) mute.end();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    const othersClosed = trial.journal.records.filter(({ kind }) => kind === 'closed').length;
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'readers that stopped': half,
        'closed with 4408': slow,
        'closed with 4450': stalled,
        'most bytes queued': deepest,
        'of a budget of': budget,
        'memory growth (MB)': growth,
      },
      failures: unmet(
        [trial.node.isRunning, 'the gateway ended'],
        [slow + stalled === half, `${slow} readers were closed with 4408 and ${stalled} with 4450, of ${half} that stopped`],
        [deepest <= budget + BATCH_BYTES, `${deepest} bytes waited in the gateway, more than the budget of ${budget} and one message`],
        // Without queues of some size, the budget has not been tried.
        [deepest >= budget / 2, `no more than ${deepest} bytes waited in the gateway: the budget of ${budget} was not reached`],
        [othersClosed === 0, `${othersClosed} connections of others were closed`],
      ),
    };
  },
};

/** Half of them wait for what all get, half for answers of their own. */
async function connectMutes(trial: Trial, count: number): Promise<readonly MuteClient[]> {
  const mutes: MuteClient[] = [];
  for (let index = 0; index < count; index += 1) {
    mutes.push(await MuteClient.connect(trial.node.port, await tokenFor(`mute-${index}`), index % 2 === 0 ? [FLOOD] : []));
  }
  return mutes;
}

/** Goes on until the gateway has closed all of them; answers the most bytes that waited in it. */
async function fillQueues(operator: Operator, mutes: readonly MuteClient[]): Promise<number> {
  const askers = mutes.filter((_mute, index) => index % 2 === 1);
  const deadline = Date.now() + ENDED_MS;
  let deepest = 0;
  let askAt = 0;
  while (Date.now() < deadline) {
    if (performance.now() >= askAt) {
      for (const asker of askers) asker.ask();
      askAt = performance.now() + ASK_EVERY_MS;
    }
    const metrics = await operator.metrics();
    deepest = Math.max(deepest, sumOf(metrics, 'waybill_send_queue_bytes'));
    if (sumOf(metrics, 'waybill_connections_closed_total', 'initiator="server"') >= mutes.length) break;
    await delay(SAMPLE_MS);
  }
  return deepest;
}
