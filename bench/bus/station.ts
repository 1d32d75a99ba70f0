/** One node's end of the bus, without the node: the broker of the build, over a Redis. */
import { setImmediate as turn } from 'node:timers/promises';
import { fromBuild } from '../rig/built.ts';
import type { Count, Question } from './question.ts';

const BUFFER = 100;

const { Config } = await fromBuild('config/config');
const { RedisLinks } = await fromBuild('cluster/redis-links');
const { NoopTelemetry } = await fromBuild('telemetry/noop-telemetry');
const { RedisBroker } = await fromBuild('broker/redis-broker');

let broker: InstanceType<typeof RedisBroker> | undefined;
let topics: readonly string[] = [];
let messages = 0;

process.once('disconnect', () => process.exit(0));
process.on('message', (question: Question) => {
  void answer(question).then((count) => process.send?.(count));
});

async function answer(question: Question): Promise<Count> {
  if (question.do === 'join') await join(question);
  if (question.do === 'publish') await publish(question);
  const { user, system } = process.cpuUsage();
  return { messages, cpuUs: user + system };
}

async function join({ url, topics: count, listens }: Extract<Question, { do: 'join' }>): Promise<void> {
  const config = Config.from({ REDIS_URL: url, WAYBILL_NODE_ID: `station-${process.pid}` });
  const links = new RedisLinks(config, new NoopTelemetry());
  broker = new RedisBroker(links, config.cluster);
  topics = Array.from({ length: count }, (_, index) => `bus.${index}`);
  broker.listen(() => void (messages += 1));
  await links.settled();
  if (listens) for (const topic of topics) await broker.subscribe(topic);
}

async function publish({ seconds, inFlight, payloadBytes, durable }: Extract<Question, { do: 'publish' }>): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  const dataText = JSON.stringify('x'.repeat(payloadBytes - 2));
  let seq = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      seq += 1;
      const topic = topics[seq % topics.length] as string;
      const about = {
        topic,
        publisher: 'station',
        action: 'message',
        dataText,
        timestamp: Date.now(),
        clientTimestamp: undefined,
        door: 'socket',
        trace: undefined,
      } as const;
      const draft = { ...about, msgId: `m-${process.pid}-${seq}` };
      if (durable) await broker?.publish({ ...draft, epoch: 'e1', seq });
      else await broker?.publishEphemeral(draft, BUFFER);
      messages += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  await turn();
}
