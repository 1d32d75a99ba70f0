import { setTimeout as delay } from 'node:timers/promises';
import type { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Output } from '../rig/benchmark.ts';
import type { GatewayProcess } from '../rig/gateway-process.ts';
import { residentBytes } from '../rig/resident-memory.ts';
import { table } from '../rig/table.ts';
import type { CollectorProcess } from './collector-process.ts';
import type { Manner } from './manner.ts';
import { goalTable, LOAD } from './setup.ts';

const MIB = 1_048_576;
/** Share of the time in trouble that the load runs beforehand with a healthy collector. */
const BEFORE = 0.25;
const MOST_BEFORE_S = 60;
const COLLECTED_MS = 1_000;
/** The last is the middle of so many looks, since the load goes on. */
const LOOKS = 5;
const MOST_GROWTH_MIB = 20;

interface MemoryParts {
  readonly gateway: GatewayProcess;
  readonly receiver: CollectorProcess;
  readonly minutes: number;
  readonly output: Output;
}

/** The gateway's memory under load: with a healthy collector, at the end of a time with one that hangs, and of one with none. */
export async function measureMemory(rig: FanOutRig, { gateway, receiver, minutes, output }: MemoryParts): Promise<void> {
  output.progress(`Memory, ${minutes} minutes …`);
  const trouble = (minutes * 60) / 2;
  const before = Math.min(MOST_BEFORE_S, 2 * trouble * BEFORE);
  const stages: readonly (readonly [Manner, number])[] = [
    ['healthy', before],
    ['hanging', trouble],
    ['gone', trouble],
  ];
  const looks = new Map<Manner, number>();
  const walk = async (): Promise<void> => {
    for (const [manner, seconds] of stages) {
      await receiver.become(manner);
      await delay(seconds * 1_000 - LOOKS * COLLECTED_MS);
      looks.set(manner, await collectedMiB(gateway.pid));
    }
  };
  const seconds = stages.reduce((sum, [, length]) => sum + length, 0);
  let walked = Promise.resolve();
  const listener = { begin: () => void (walked = walk()), end: () => undefined };
  await rig.phaseRunner({ seconds, beside: [receiver.pid] }).run(1, { name: 'memory', server: gateway, ...LOAD }, listener);
  await walked;
  const base = looks.get('healthy') ?? Number.NaN;
  const growth = Math.max(...[...looks.values()].map((value) => value - base));
  const rows = stages.map(([manner, length]) => {
    const value = looks.get(manner) ?? Number.NaN;
    return [manner, length.toFixed(0), value.toFixed(1), (value - base).toFixed(1)];
  });
  output.result(`\n## Memory\n\n${table(['collector', 'seconds', 'MiB at the end', 'growth'], rows)}`);
  output.result(`\n${goalTable('growth of memory', `< ${MOST_GROWTH_MIB} MiB`, `${growth.toFixed(1)} MiB`, growth < MOST_GROWTH_MIB)}`);
}

/** After garbage has been collected: when V8 last did is chance. */
async function collectedMiB(pid: number): Promise<number> {
  const values: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    process.kill(pid, 'SIGUSR2');
    await delay(COLLECTED_MS);
    values.push(residentBytes(pid) / MIB);
  }
  return values.toSorted((left, right) => left - right)[Math.floor(LOOKS / 2)] ?? Number.NaN;
}
