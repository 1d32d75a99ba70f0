import { setTimeout as delay } from 'node:timers/promises';
import { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Goal } from '../fan-out/goals.ts';
import type { Measurement } from '../fan-out/measurement.ts';
import { measurementTable, summary } from '../fan-out/report.ts';
import type { Benchmark, BenchmarkOptions, Output } from '../rig/benchmark.ts';
import type { GatewayProcess } from '../rig/gateway-process.ts';
import { spanAccount } from './account.ts';
import { CollectorProcess } from './collector-process.ts';
import type { Manner } from './manner.ts';
import { measureMemory } from './memory.ts';
import { LOAD, SETTLE_MS, TRACED } from './setup.ts';
import { measureStops } from './stops.ts';

const MANNERS: readonly Manner[] = ['healthy', 'hanging', 'gone'];
const GOALS: readonly Goal[] = (['hanging', 'gone'] as const).map((upper) => ({
  figure: 'p99',
  upper,
  lower: 'healthy',
  sign: '<=',
  wanted: 1.05,
}));
/** What a collector in trouble costs a gateway that sends it every span: latency, memory, spans, and time at the end. */
export const collector: Benchmark = async (options, output, stoppers) => {
  const receiver = new CollectorProcess();
  stoppers.add(() => receiver.stop());
  const { url } = await receiver.become('healthy');
  const rig = new FanOutRig(options, stoppers);
  const settings = { ...TRACED, OTEL_EXPORTER_OTLP_ENDPOINT: url };
  const gateway = await rig.startGateway(settings);
  await rig.describeMachine(output, []);
  await latency(rig, { gateway, receiver, options, output });
  await measureMemory(rig, { gateway, receiver, minutes: options.minutes, output });
  await receiver.become('healthy');
  await delay(2 * SETTLE_MS);
  const { spans } = await receiver.become('healthy');
  output.result(`\n## Spans\n\n${await spanAccount(gateway, spans)}`);
  await measureStops(rig, { settings, receiver, output });
};

interface LatencyParts {
  readonly gateway: GatewayProcess;
  readonly receiver: CollectorProcess;
  readonly options: BenchmarkOptions;
  readonly output: Output;
}

/** The manners in turns, forwards and backwards; each only for its measured window, so that all connect to a healthy one. */
async function latency(rig: FanOutRig, { gateway, receiver, options, output }: LatencyParts): Promise<void> {
  const runner = rig.phaseRunner({ beside: [receiver.pid] });
  const measurements: Measurement[] = [];
  for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${options.repeat} …`);
    for (const manner of repeat % 2 === 1 ? MANNERS : MANNERS.toReversed()) {
      const listener = { begin: () => void receiver.become(manner), end: () => undefined };
      measurements.push(await runner.run(repeat, { name: manner, server: gateway, ...LOAD }, listener));
      await receiver.become('healthy');
      await delay(SETTLE_MS);
    }
  }
  output.result(`\n## Latency\n\n${summary(MANNERS, measurements, GOALS)}`);
  output.result(`\n### Every run\n\n${measurementTable(MANNERS, measurements)}`);
}
