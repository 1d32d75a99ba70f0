import { setTimeout as delay } from 'node:timers/promises';
import { AskedProcess } from '../rig/asked-process.ts';
import { type Benchmark, type BenchmarkOptions, Stoppers } from '../rig/benchmark.ts';
import { processCpuMs } from '../rig/cpu-time.ts';
import { machineFacts } from '../rig/machine.ts';
import { median } from '../rig/median.ts';
import { PrivateRedis } from '../rig/private-redis.ts';
import { table } from '../rig/table.ts';
import type { Count, Question } from './question.ts';

const STATION = new URL('station.ts', import.meta.url);
const TOPICS = 100;
const IN_FLIGHT = 64;
const PAYLOAD_BYTES = 100;
/** What is on its way when publishing ends. */
const SETTLE_MS = 500;
const RECEIVERS = [1, 2, 4] as const;
const US_PER_MS = 1_000;

type Station = AskedProcess<Question, Count>;

/** Microseconds of processor time for each message. */
interface Cost {
  readonly receivers: number;
  readonly durable: boolean;
  readonly perSecond: number;
  readonly sender: number;
  readonly redis: number;
  /** Of one receiver. */
  readonly receiver: number;
  readonly lost: number;
}

/** What a message costs on its way from node to node: in the node that sends it, in Redis, and in each node that gets it. */
export const bus: Benchmark = async (options, output, stoppers) => {
  output.result(
    `## Machine\n\n${machineFacts(options.directory, 'none')
      .map((fact) => `- ${fact}`)
      .join('\n')}`,
  );
  const costs: Cost[] = [];
  for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${options.repeat} …`);
    for (const durable of [true, false]) {
      for (const receivers of RECEIVERS) costs.push(await measure(receivers, durable, options, stoppers));
    }
  }
  output.result(`\n## Medians, µs of CPU for each message\n\n${summary(costs)}`);
};

async function measure(receivers: number, durable: boolean, { seconds }: BenchmarkOptions, all: Stoppers): Promise<Cost> {
  const own = new Stoppers();
  all.add(() => own.stop());
  const redis = await PrivateRedis.start();
  own.add(() => redis.stop());
  const [sender, ...listeners] = await Promise.all(Array.from({ length: receivers + 1 }, (_, index) => station(redis, index > 0, own)));
  if (sender === undefined) throw new Error('there is a sender');
  const count = (): Promise<Count[]> => Promise.all([sender, ...listeners].map((each) => each.ask({ do: 'count' })));
  const before = await count();
  const redisBefore = processCpuMs(redis.pid);
  await sender.ask({ do: 'publish', seconds, inFlight: IN_FLIGHT, payloadBytes: PAYLOAD_BYTES, durable });
  await delay(SETTLE_MS);
  const after = await count();
  const redisUs = (processCpuMs(redis.pid) - redisBefore) * US_PER_MS;
  await own.stop();
  const spent = after.map(({ cpuUs, messages }, index) => ({
    cpuUs: cpuUs - (before[index]?.cpuUs ?? 0),
    messages: messages - (before[index]?.messages ?? 0),
  }));
  const [sent = { cpuUs: 0, messages: 1 }, ...received] = spent;
  const arrived = received.reduce((sum, { messages }) => sum + messages, 0);
  return {
    receivers,
    durable,
    perSecond: sent.messages / seconds,
    sender: sent.cpuUs / sent.messages,
    redis: redisUs / sent.messages,
    receiver: received.reduce((sum, { cpuUs }) => sum + cpuUs, 0) / Math.max(1, arrived),
    lost: sent.messages * receivers - arrived,
  };
}

async function station(redis: PrivateRedis, listens: boolean, stoppers: Stoppers): Promise<Station> {
  const process: Station = new AskedProcess(STATION);
  stoppers.add(() => process.stop());
  await process.ask({ do: 'join', url: redis.url, topics: TOPICS, listens });
  return process;
}

function summary(costs: readonly Cost[]): string {
  const rows = [true, false].flatMap((durable) =>
    RECEIVERS.map((receivers) => {
      const runs = costs.filter((cost) => cost.durable === durable && cost.receivers === receivers);
      const middle = (figure: (cost: Cost) => number): number => median(runs.map(figure));
      return [
        `${durable ? 'stored in the log' : 'sequenced by Redis'}, ${receivers} ${receivers === 1 ? 'node' : 'nodes'}`,
        middle(({ perSecond }) => perSecond).toFixed(0),
        ...[middle(({ sender }) => sender), middle(({ redis }) => redis), middle(({ receiver }) => receiver)].map((value) =>
          value.toFixed(1),
        ),
        middle(({ lost }) => lost).toFixed(0),
      ];
    }),
  );
  return table(['messages', 'a second', 'sender', 'Redis', 'each receiver', 'lost'], rows);
}
