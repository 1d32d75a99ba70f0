import { setTimeout as delay } from 'node:timers/promises';
import { CommandClient } from '../load/command-client.js';
import { tokenFor } from '../rig/credentials.js';
import { redisCommand } from '../rig/redis-command.js';
import type { Trial } from '../rig/trial.js';
import type { Workshop } from '../rig/workshop.js';
import { type Fault, unmet } from './fault.js';
import { NODE_LOAD, severalNodes } from './several-nodes.js';

const BACK_MS = 5_000;
const LOST_MS = 30_000;
const LOOK_MS = 20;
/** As many as one connection may have (limits.topicsPerConnection), less the server's own. */
const TOPICS_EACH = 120;

/** F12: Redis ends the connections of its subscribers, as it does to those whose output buffer is full. */
export const redisKillsSubscriber: Fault = {
  id: 'F12',
  title: 'Redis ends the connections of its subscribers',
  times: 3,
  async run(workshop) {
    const { trial, redis } = await severalNodes(workshop);
    const topics = workshop.either({ short: 500, long: 10_000 });
    await holdTopics(workshop, trial, topics);
    await trial.start(NODE_LOAD);
    await trial.untilAcked(200);
    const channels = await channelsOf(redis.port);
    const backMs: number[] = [];
    for (let kill = 0; kill < workshop.either({ short: 1, long: 5 }); kill += 1) {
      const killedAt = performance.now();
      const killed = await redisCommand(redis.port, 'CLIENT KILL TYPE pubsub');
      if (Number(killed.slice(1)) < trial.nodes.length) throw new Error(`Redis ended ${killed.trim()} subscribers, not one of each node`);
      while ((await channelsOf(redis.port)) < channels && performance.now() - killedAt < LOST_MS) await delay(LOOK_MS);
      backMs.push(performance.now() - killedAt);
      await trial.markHealed();
      await trial.untilReached();
      await trial.untilAcked(100);
    }
    const slowest = Math.round(Math.max(...backMs));
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'channels at Redis': channels, kills: backMs.length, 'all subscribed again after (ms)': slowest },
      failures: unmet(
        [channels >= topics, `only ${channels} channels were subscribed at Redis`],
        [slowest <= BACK_MS, `all topics were subscribed again ${slowest} ms after Redis had ended the subscribers, not within ${BACK_MS}`],
      ),
    };
  },
};

/** Clients of the first node that are subscribed to so many topics that nobody publishes to. */
async function holdTopics(workshop: Workshop, trial: Trial, count: number): Promise<void> {
  const topics = Array.from({ length: count }, (_, index) => ({ topic: `idle.t${index}` }));
  for (let index = 0; index < count; index += TOPICS_EACH) {
    const client = await CommandClient.connect(trial.socketUrlOf(0), await tokenFor(`idle-${index}`));
    workshop.onEnd(() => client.end());
    const code = await client.ask('topic.subscribe', { topics: topics.slice(index, index + TOPICS_EACH) });
    if (code !== 'OK') throw new Error(`the subscriptions were answered with ${String(code)}`);
  }
}

/** Channels that somebody is subscribed to at Redis. */
async function channelsOf(port: number): Promise<number> {
  const reply = await redisCommand(port, 'PUBSUB CHANNELS *:topic:*');
  return Number(/^\*(\d+)/.exec(reply)?.[1]);
}
