import { setTimeout as delay } from 'node:timers/promises';
import { type FlowShape, UNSHAPED } from '../../support/tcp-flow.js';
import { Operator, sumOf } from '../rig/operator.js';
import { effectOn, pairedWindows } from '../rig/paired-windows.js';
import type { Random } from '../rig/random.js';
import { type Fault, unmet } from './fault.js';
import { gatherCrowd } from './stopped-reader.js';

/** 64 kbit/s. */
const BYTES_PER_SECOND = 8_000;
const DELAY_MS = [100, 300] as const;
/** A lost packet is sent again after a time out, and everything behind it waits. */
const LOSS = { share: 0.01, ms: 1_000 } as const;
const BUSY = 'busy.a';
const SLOWER_SHARE = 0.05;
/** Why the gateway may close who is too slow: by policy, because nothing moved, or because no pong came through in time. */
const SLOW_REASONS = ['slow consumer', 'write stalled', 'no pong'] as const;

/** F26: some of the clients are behind a slow and lossy network, and subscribe to more than it carries. */
export const slowNetwork: Fault = {
  id: 'F26',
  title: 'slow network for some of the clients',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url());
    const proxy = await workshop.proxy(trial.httpUrl);
    const clients = workshop.either({ short: 20, long: 100 });
    await gatherCrowd(trial, workshop.either({ short: 100, long: 900 }));
    const behind = await trial.subscribe([BUSY], clients, proxy.through(trial.socketUrl));
    await trial.start({ topics: [BUSY], sockets: 1, rests: 0, subscribers: 2, inFlight: 16, ...workshop.either(LOADS) });
    const names = new Set(behind.map(({ name }) => name));
    const others = (subscriber: string): boolean => !names.has(subscriber);
    const slow = networkOf(workshop.random.branch());
    const sizes = workshop.either({ short: { pairs: 1, windowMs: 12_000 }, long: { pairs: 4, windowMs: 40_000 } });
    const during = (shape: FlowShape) => async (endsAt: number) => {
      proxy.shape(shape);
      await delay(Math.max(0, endsAt - trial.journal.now()));
    };
    const pairs = await pairedWindows(trial, sizes, { quiet: during(UNSHAPED), faulty: during(slow) });
    proxy.restore();
    const { quietP99, faultyP99, slower } = effectOn(trial, pairs, others);
    const metrics = await new Operator(trial.node).metrics();
    const unsent = sumOf(metrics, 'waybill_dropped_messages_total', 'reason="slow_consumer"');
    // The gateway's word: over such a network, the close frame may not come through before the connection is cut.
    const byServer = sumOf(metrics, 'waybill_connections_closed_total', 'initiator="server"');
    const bySlowness = SLOW_REASONS.map((reason) => sumOf(metrics, 'waybill_connections_closed_total', `reason="${reason}"`));
    const tooSlow = bySlowness.reduce((sum, count) => sum + count, 0);
    await trial.untilLive();
    const verdict = await trial.finish();
    const othersClosed = trial.journal.records.filter((record) => record.kind === 'closed' && others(record.subscriber)).length;
    const percent = Math.round(slower * 1_000) / 10;
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'clients behind it': clients,
        'closed meanwhile': SLOW_REASONS.map((reason, index) => `${reason} ${bySlowness[index]}`).join(', '),
        'messages they were not sent': unsent,
        "others' p99 without (ms)": quietP99,
        "others' p99 with (ms)": faultyP99,
        "others' p99, slower by (%)": percent,
      },
      failures: unmet(
        [tooSlow > 0, 'nobody behind the slow network was ever too slow: it has not been tried'],
        [byServer === tooSlow, `the gateway closed ${byServer - tooSlow} connections for other reasons than ${SLOW_REASONS.join(', ')}`],
        [othersClosed === 0, `${othersClosed} connections of others were closed`],
        [workshop.form === 'short' || slower <= SLOWER_SHARE, `others' p99 rose by ${percent} %, from ${quietP99} to ${faultyP99} ms`],
      ),
    };
  },
};

/** More than the slow network carries, and enough to fill kernels within a window. */
const LOADS = { short: { pauseMs: 40, payloadBytes: 60_000 }, long: { pauseMs: 100, payloadBytes: 30_000 } };

function networkOf(random: Random): FlowShape {
  return {
    bytesPerSecond: BYTES_PER_SECOND,
    delayMs: () => random.between(...DELAY_MS) + (random.chance(LOSS.share) ? LOSS.ms : 0),
  };
}
