import { setTimeout as delay } from 'node:timers/promises';
import { Operator } from '../../faults/rig/operator.js';
import { tokenFor } from '../../faults/rig/credentials.js';
import type { Program } from '../../support/program.js';
import { RawWebSocket, textFrameOf } from '../../support/raw-websocket.js';
import { TestSocket } from '../../support/socket.js';

/** Ephemeral messages, which go on without a database, and room for much to wait: these clients are slow and not closed for it. */
export const ROOM_FOR_SLOW = {
  WAYBILL_NAMESPACES: JSON.stringify({ prices: { durable: false } }),
  WAYBILL_QUEUE_BYTES: '16777216',
  WAYBILL_WRITE_STALL_MS: '60000',
} as const;

const TOPIC = 'prices.all';
const CLIENTS = 8;
const MESSAGE_BYTES = 60_000;
/** Messages that are published between two looks at what waits. */
const BURST = 10;
/** What is kept waiting, over all of them: so much that the kernel does not take it all when a client has taken something. */
const WAITING_BYTES = CLIENTS * 2_000_000;
const LOOK_MS = 250;
/** A chunk of what has come, up to 64 KiB, is taken this often. */
const TAKE_MS = 1_000;

/** Clients on a bad line: they take what comes more slowly than it comes. */
export class SlowClients {
  private readonly clients: RawWebSocket[] = [];
  private readonly ending = new AbortController();
  private work: Promise<unknown> = Promise.resolve();

  private readonly operator: Operator;

  constructor(private readonly node: Program) {
    this.operator = new Operator(node);
  }

  async begin(): Promise<void> {
    for (let index = 0; index < CLIENTS; index += 1) this.clients.push(await this.connect(`phone-${index}`));
    const publisher = await TestSocket.connect(this.node.port, await tokenFor('exchange'));
    await this.fill(publisher);
    this.work = Promise.all([this.keepFilled(publisher), ...this.clients.map((client) => this.take(client))]);
  }

  /** They leave, and what waited for them goes with them. */
  async end(): Promise<void> {
    this.ending.abort();
    await this.work;
    for (const client of this.clients) client.socket.destroy();
  }

  private async connect(user: string): Promise<RawWebSocket> {
    const client = await RawWebSocket.connect(this.node.port, await tokenFor(user));
    client.send(textFrameOf({ msg_id: 's', action: 'topic.subscribe', data: { topics: [{ topic: TOPIC }] } }));
    await client.until(() => client.texts.some((frame) => frame['reply_to'] === 's'));
    client.socket.pause();
    // What came is of no interest, and would only grow.
    client.socket.removeAllListeners('data');
    return client;
  }

  /** Publishes until so much waits for them. */
  private async fill(publisher: TestSocket): Promise<void> {
    while ((await this.operator.sum('waybill_send_queue_bytes')) < WAITING_BYTES)
      for (let message = 0; message < BURST; message += 1) await publishOne(publisher);
  }

  private async keepFilled(publisher: TestSocket): Promise<void> {
    while (!this.ending.signal.aborted) {
      await this.fill(publisher);
      await delay(LOOK_MS);
    }
    await publisher.close();
  }

  private async take({ socket }: RawWebSocket): Promise<void> {
    while (!this.ending.signal.aborted && !socket.destroyed) {
      socket.once('data', () => socket.pause());
      socket.resume();
      await delay(TAKE_MS);
    }
  }
}

async function publishOne(publisher: TestSocket): Promise<void> {
  await publisher.request('topic.publish', { topic: TOPIC, action: 'price', data: 'x'.repeat(MESSAGE_BYTES) });
  publisher.frames.length = 0;
}
