import { setTimeout as delay } from 'node:timers/promises';
import type { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Output } from '../rig/benchmark.ts';
import { table } from '../rig/table.ts';
import type { CollectorProcess } from './collector-process.ts';
import type { Manner } from './manner.ts';
import { goalTable, SETTLE_MS } from './setup.ts';

const MANNERS: readonly Manner[] = ['healthy', 'hanging', 'gone'];
const PUBLISHES = 20;
const MOST_DELAY_MS = 2_000;

interface StopParts {
  readonly settings: Readonly<Record<string, string>>;
  readonly receiver: CollectorProcess;
  readonly output: Output;
}

/** From SIGTERM to the end of the process, with spans waiting to be sent. */
export async function measureStops(rig: FanOutRig, { settings, receiver, output }: StopParts): Promise<void> {
  const took = new Map<Manner, number>();
  for (const manner of MANNERS) {
    output.progress(`Stop with a collector that is ${manner} …`);
    await receiver.become('healthy');
    const gateway = await rig.startGateway(settings);
    await delay(SETTLE_MS);
    await receiver.become(manner);
    for (let index = 0; index < PUBLISHES; index += 1) await gateway.publish('fan.stop');
    const startedAt = performance.now();
    await gateway.stop();
    took.set(manner, performance.now() - startedAt);
  }
  const base = took.get('healthy') ?? Number.NaN;
  const late = Math.max(...[...took.values()].map((value) => value - base));
  const rows = [...took].map(([manner, value]) => [manner, value.toFixed(0), (value - base).toFixed(0)]);
  output.result(`\n## SIGTERM\n\n${table(['collector', 'ms to the end', 'delay'], rows)}`);
  output.result(`\n${goalTable('delay of the end', `<= ${MOST_DELAY_MS} ms`, `${late.toFixed(0)} ms`, late <= MOST_DELAY_MS)}`);
}
