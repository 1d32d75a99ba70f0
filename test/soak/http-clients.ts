import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../faults/rig/random.js';
import { EventReader } from '../support/event-reader.js';
import type { Tally } from './socket-client.js';

const PUBLISH_MS = [100, 400] as const;
const STREAM_MS = [500, 4_000] as const;

/** Publishes over REST, one by one and in batches. */
export async function publishOverRest(
  url: string,
  token: string,
  topics: readonly string[],
  random: Random,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  while (!signal.aborted) {
    const count = random.chance(0.2) ? 10 : 1;
    const messages = Array.from({ length: count }, () => ({
      topic: random.pick(topics),
      action: 'soak',
      data: { text: 'x'.repeat(random.below(1_000)) },
    }));
    const answer = await fetch(`${url}/api/v1/messages`, { method: 'POST', headers, body: JSON.stringify({ messages }) });
    await answer.text();
    if (answer.ok) tally.published += count;
    await delay(random.between(...PUBLISH_MS));
  }
}

/** Reads event streams, and goes on from the last event's id; leaves without a word. */
export async function readEvents(
  url: string,
  token: string,
  topics: readonly string[],
  random: Random,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const last = new Map<string, string>();
  while (!signal.aborted) {
    const topic = random.pick(topics);
    const from = last.get(topic);
    const headers = { authorization: `Bearer ${token}`, ...(from === undefined ? {} : { 'last-event-id': from }) };
    const stream = await EventReader.open(`${url}/api/v1/topics/${topic}/messages`, headers);
    const leaving = delay(random.between(...STREAM_MS)).then(() => stream.close());
    tally.lives += 1;
    for await (const id of eventIds(stream)) {
      last.set(topic, id);
      tally.delivered += 1;
    }
    await leaving;
  }
}

/** Ids of messages, up to the end of the stream, whoever ends it. */
async function* eventIds(stream: EventReader): AsyncGenerator<string> {
  try {
    for (let event = await stream.next(); event !== undefined; event = await stream.next())
      if (event.id !== undefined && event.id !== '') yield event.id;
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}
