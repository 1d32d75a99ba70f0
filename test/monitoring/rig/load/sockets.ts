import { setTimeout as delay } from 'node:timers/promises';
import { tokenFor } from '../../../faults/rig/credentials.js';
import { MuteClient } from '../../../faults/load/mute-client.js';
import { SocketClient } from '../../../soak/socket-client.js';
import { TestSocket } from '../../../support/socket.js';
import { ended, repeat, type Site, TOPICS } from './site.js';

const WANDERERS = 10;
const COMMAND_MS = 400;
const FILL_MS = 40;
const FILL_BYTES = 30_000;
const MUTE_MS = 4_000;

/** Sockets that come, subscribe from where they stood, publish, and leave cleanly or by a cut. */
export async function wander({ node, random, signal }: Site): Promise<void> {
  const tally = { lives: 0, published: 0, delivered: 0, recovered: 0, holes: 0 };
  const topics = [...TOPICS.durable, ...TOPICS.ephemeral];
  const url = `ws://127.0.0.1:${node.port}/ws`;
  const clients = Array.from({ length: WANDERERS }, async (_, index) =>
    new SocketClient(url, await tokenFor(`wanderer-${index}`), topics, random.branch(), tally).run(signal),
  );
  await Promise.all(clients);
}

/** One that stays, acknowledges what comes, and uses every other command. */
export async function converse(site: Site): Promise<void> {
  const socket = await TestSocket.connect(site.node.port, await tokenFor('acker'));
  await socket.request('topic.subscribe', { topics: TOPICS.durable.map((topic) => ({ topic, ack: true })) });
  let seen = 0;
  await repeat(site, COMMAND_MS, async () => {
    for (const { topic, epoch, seq } of socket.frames.slice(seen).filter((frame) => frame['seq'] !== undefined))
      await socket.request('topic.ack', { topic, epoch, seq });
    seen = socket.frames.length;
    await socket.request('topic.history', { topic: 'orders.1', limit: 5 });
    await socket.request('topic.presence', { topic: 'chat.lobby' });
    await socket.request('user.send', { user: 'acker', action: 'note', data: 'psst' });
    await socket.request('topic.publish', { topic: 'orders.2', action: 'order.paid', data: 1 });
    await socket.request('ping');
  });
  await socket.close();
}

/** Readers that stop reading: what they are owed waits, is dropped where its namespace says so, and ends others. */
export async function stopReading(site: Site): Promise<void> {
  const { node, rest } = site;
  const filling = repeat(site, FILL_MS, async () => {
    for (const topic of TOPICS.lossy)
      await rest.data('POST', `topics/${topic}/messages`, { action: 'state', data: 'x'.repeat(FILL_BYTES) });
  });
  const mutes = repeat(site, MUTE_MS, async () => {
    const lossy = await MuteClient.connect(node.port, await tokenFor('mute-lossy'), TOPICS.lossy);
    const greedy = await MuteClient.connect(node.port, await tokenFor('mute-greedy'), []);
    for (let asks = 0; asks < 150 && !site.signal.aborted; asks += 1) {
      greedy.ask();
      await delay(20);
    }
    await Promise.race([delay(MUTE_MS), ended(site.signal)]);
    lossy.end();
    greedy.end();
  });
  await Promise.all([filling, mutes]);
}
