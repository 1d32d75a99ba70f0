import { setTimeout as delay } from 'node:timers/promises';
import { OtlpReceiver } from '../../support/otlp-receiver.js';
import { MemoryWatch } from '../rig/memory-watch.js';
import { Operator } from '../rig/operator.js';
import { effectOn, pairedWindows } from '../rig/paired-windows.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

const SLOWER_SHARE = 0.05;
const STOP_LATER_MS = 2_000;
const GROWTH_MB = 20;

/** F22: the collector of traces takes connections and never answers, and then it is gone. Every command is traced. */
export const collectorHangs: Fault = {
  id: 'F22',
  title: 'the collector of traces hangs, and is gone',
  times: 3,
  async run(workshop) {
    const collector = await OtlpReceiver.start();
    workshop.onEnd(() => collector.close());
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url(), {
      // Connections are closed at once, so that what the end takes longer is the collector's.
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, WAYBILL_TRACE_RATIO: '1', WAYBILL_DRAIN_TIMEOUT_MS: '0' },
    });
    const operator = new Operator(trial.node);
    await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 4, inFlight: 16, pauseMs: 8 });
    await trial.untilAcked(workshop.either({ short: 300, long: 10_000 }));
    const memory = new MemoryWatch(trial.node.pid);
    const pairs = await pairedWindows(
      trial,
      workshop.either({ short: { pairs: 1, windowMs: 2_000 }, long: { pairs: 6, windowMs: 15_000 } }),
      {
        quiet: (endsAt) => untilThen(trial, endsAt),
        faulty: async (endsAt) => {
          collector.manner = 'hang';
          await untilThen(trial, endsAt);
          collector.manner = 'take';
        },
      },
    );
    const { quietP99, faultyP99, slower } = effectOn(trial, pairs, () => true);
    const stoppedMs = await stop(trial);
    collector.manner = 'hang';
    await trial.untilLive();
    await trial.untilAcked(workshop.either({ short: 200, long: 2_000 }));
    const growth = memory.end();
    const hungMs = await stop(trial);
    await trial.untilLive();
    await collector.close();
    await trial.untilAcked(workshop.either({ short: 200, long: 2_000 }));
    const goneMs = await stop(trial);
    await trial.untilLive();
    await trial.untilAcked(200);
    const dropped = await operator.until(
      async () => (await operator.sum('waybill_telemetry_dropped_total', 'signal="traces"')) || undefined,
      60_000,
      'lost spans are counted',
    );
    await trial.markHealed();
    const verdict = await trial.finish();
    const isLong = workshop.form === 'long';
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'requests taken': collector.requests,
        'spans lost and counted': dropped,
        'p99 without (ms)': quietP99,
        'p99 with (ms)': faultyP99,
        'slower by (%)': Math.round(slower * 1_000) / 10,
        'stops after (ms)': stoppedMs,
        'with a collector that hangs (ms)': hungMs,
        'with none (ms)': goneMs,
        'memory growth (MB)': growth,
      },
      failures: unmet(
        [collector.requests > 0, 'the collector got nothing at all'],
        [
          hungMs - stoppedMs <= STOP_LATER_MS,
          `the gateway ended after ${hungMs} ms instead of ${stoppedMs}: more than ${STOP_LATER_MS} ms later`,
        ],
        [goneMs - stoppedMs <= STOP_LATER_MS, `without a collector it ended after ${goneMs} ms instead of ${stoppedMs}`],
        [!isLong || slower <= SLOWER_SHARE, `p99 rose by ${Math.round(slower * 1_000) / 10} %, from ${quietP99} to ${faultyP99} ms`],
        [!isLong || growth < GROWTH_MB, `the gateway grew by ${growth} MB, not by less than ${GROWTH_MB}`],
      ),
    };
  },
};

async function untilThen(trial: Trial, endsAt: number): Promise<void> {
  await delay(Math.max(0, endsAt - trial.journal.now()));
}

/** Ends the gateway and starts it again; answers how long its end took. */
async function stop(trial: Trial): Promise<number> {
  const { tookMs } = await trial.stopNode(0);
  await trial.bringBack(0, false);
  return Math.round(tookMs);
}
