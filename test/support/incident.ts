import { setTimeout as delay } from 'node:timers/promises';
import type { TestGateway } from './gateway.js';
import { TestSocket } from './socket.js';

/** Topic of the message that everything is about. */
export const TOPIC = 'orders.42';
/** Its id. */
export const MESSAGE_ID = 'cancel-42';
const FILLER = 'pictures.pat';
/** Option of the gateway: beyond it a connection is ended with 4408. */
export const QUEUE_BYTES = 262_144;
const FILLER_BYTES = 48_000;
const MOST_FILLERS = 1_000;
const STUCK_BYTES = 96_000;
const HESITATION_MS = 200;

export interface Explanation {
  readonly answer: string;
  readonly outcome: string;
  readonly steps: readonly { readonly step: string; readonly result: string; readonly detail: string; readonly at?: number }[];
}

/** Where it happens: a gateway in this process or a program beside it. */
export type RestDoor = Pick<TestGateway, 'port' | 'token' | 'rest'>;

const welcomeOf = (socket: TestSocket) =>
  (socket.frames[0] as { readonly data: { readonly connection_id: string; readonly ref: string } }).data;
const subscribe = (socket: TestSocket, ...topics: readonly object[]) => socket.request('topic.subscribe', { topics });

/**
 * Seven users, one message, seven fates: ann acknowledged it, pat's phone stalled, rob had no right, eve was away and caught up, kim was disconnected,
 * max was blocked, nia read it from history.
 */
export class Incident {
  /** Where the message stands. */
  seq = 0;
  epoch = '';
  storedBetween: [number, number] = [0, 0];
  /** What is said of the stalled phone while it is connected. */
  meanwhile: Explanation | undefined;
  /** Of each user the connection's ref, as its client shows it; and its id. */
  readonly refs = new Map<string, string>();
  readonly ids = new Map<string, string>();

  private constructor(private readonly gateway: RestDoor) {}

  /** On a gateway whose `WAYBILL_QUEUE_BYTES` is `QUEUE_BYTES`. */
  static async on(gateway: RestDoor): Promise<Incident> {
    const incident = new Incident(gateway);
    await incident.happen();
    return incident;
  }

  async data<T>(path: string): Promise<T> {
    const { status, body } = await this.gateway.rest('GET', `/api/v1/${path}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${body.message}`);
    return body.data;
  }

  explain(user: string, place = `topic=${TOPIC}&seq=${this.seq}`): Promise<Explanation> {
    return this.data(`ops/explain?user=${encodeURIComponent(user)}&${place}`);
  }

  private async happen(): Promise<void> {
    const [ann, pat, rob, eve, kim, max] = await Promise.all([
      this.connect('ann'),
      this.connect('pat'),
      this.connect('rob', { topics: { subscribe: ['chat.*'] } }),
      this.connect('eve'),
      this.connect('kim'),
      this.connect('max'),
    ]);
    await subscribe(ann, { topic: TOPIC, ack: true });
    for (const socket of [eve, kim, max]) await subscribe(socket, { topic: TOPIC });
    await subscribe(pat, { topic: TOPIC }, { topic: FILLER });
    await subscribe(rob, { topic: TOPIC });
    const first = await this.publish(TOPIC, 'order.submitted', { order: 42 });
    for (const socket of [ann, pat, eve, kim, max]) await socket.untilMessages(TOPIC, 1);

    await eve.close();
    await this.gateway.rest('DELETE', `/api/v1/ops/connections/${this.ids.get('kim')}`);
    await kim.closed;
    await this.gateway.rest('POST', '/api/v1/auth/blocks', { user: 'max', reason: 'flooding' });
    await max.closed;
    pat.socket.pause();
    await this.fillUntil(() => this.isStuck(pat));

    this.storedBetween = [Date.now(), 0];
    ({ seq: this.seq, epoch: this.epoch } = await this.publish(TOPIC, 'order.cancelled', { order: 42 }, MESSAGE_ID));
    this.storedBetween[1] = Date.now();
    await ann.untilMessages(TOPIC, 2);
    ann.send({ action: 'topic.ack', data: { topic: TOPIC, seq: this.seq } });
    await ann.request('ping');
    this.meanwhile = await this.explain('pat');
    await this.fillUntil(
      async () => (await this.gateway.rest('GET', `/api/v1/ops/connections/${this.ids.get('pat')}`)).body.data['state'] === 'closed',
    );
    pat.socket.terminate();

    const back = await this.connect('eve');
    await subscribe(back, { topic: TOPIC, epoch: first.epoch, seq: first.seq });
    await back.untilMessages(TOPIC, 1);
    const nia = await this.gateway.token('nia');
    await this.gateway.rest('GET', `/api/v1/topics/${TOPIC}/messages?after=${first.seq}`, undefined, { authorization: `Bearer ${nia}` });
  }

  /** Another phone that stalls, for as long as its socket is kept: what waits for it stays below the limit. */
  async stall(user: string): Promise<TestSocket> {
    const socket = await this.connect(user);
    await subscribe(socket, { topic: FILLER });
    socket.socket.pause();
    await this.fillUntil(() => this.isStuck(socket));
    return socket;
  }

  private async connect(user: string, grants?: object): Promise<TestSocket> {
    const socket = await TestSocket.connect(this.gateway.port, await this.gateway.token(user, grants));
    this.refs.set(user, welcomeOf(socket).ref);
    this.ids.set(user, welcomeOf(socket).connection_id);
    return socket;
  }

  private async publish(
    topic: string,
    action: string,
    payload: unknown,
    msgId?: string,
  ): Promise<{ readonly epoch: string; readonly seq: number }> {
    const { status, body } = await this.gateway.rest('POST', `/api/v1/topics/${topic}/messages`, { action, data: payload, msg_id: msgId });
    if (status !== 201) throw new Error(`publish to ${topic}: ${status} ${body.message}`);
    return body.data;
  }

  /** Sends a client that does not read more than the kernel takes; answers once something waits for it here. */
  private async fillUntil(isEnough: () => Promise<boolean>): Promise<void> {
    const payload = 'x'.repeat(FILLER_BYTES);
    for (let sent = 0; sent < MOST_FILLERS; sent += 1) {
      if (await isEnough()) return;
      await this.publish(FILLER, 'picture.taken', payload);
    }
    throw new Error('the kernel took everything');
  }

  /** Whether so much waits for a connection that no more than a moment's hesitation of the kernel explains it. */
  private async isStuck(socket: TestSocket): Promise<boolean> {
    const waiting = async () =>
      (await this.data<{ queued_bytes: number }>(`ops/connections/${welcomeOf(socket).connection_id}`)).queued_bytes;
    if ((await waiting()) < STUCK_BYTES) return false;
    await delay(HESITATION_MS);
    return (await waiting()) >= STUCK_BYTES;
  }
}
