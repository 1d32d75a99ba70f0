import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Position } from '../checker/record.js';
import type { Journal } from '../rig/journal.js';
import type { Random } from '../rig/random.js';
import { dataHash } from './payload.js';

/** Longest pause before it connects again, in milliseconds; a random part of it is waited. */
const RECONNECT_MS = 300;
const SUBSCRIBE_AGAIN_MS = 200;
const HANDSHAKE_MS = 5_000;

interface Frame {
  readonly action: string;
  readonly topic?: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly msg_id?: string;
  readonly reply_to?: string;
  readonly code?: string;
  readonly retry_after_ms?: number;
  readonly data?: unknown;
}

interface SubscribeResult {
  readonly topic: string;
  readonly epoch: string;
  readonly head: number;
  readonly recovered?: boolean;
  readonly code?: string;
  readonly retry_after_ms?: number;
}

export interface SubscriberOptions {
  readonly name: string;
  /** Asked before each connection. */
  readonly url: () => string;
  readonly token: string;
  readonly topics: readonly string[];
  /** Longest pause before it connects again, in milliseconds; default: short. */
  readonly reconnectMs?: number | undefined;
}

/** Reads topics for ever: a connection that ends is followed by another, which goes on from where the last one stood. */
export class Subscriber {
  readonly positions = new Map<string, Position>();
  private readonly asked = new Map<string, ReadonlyMap<string, Position>>();
  private socket: WebSocket | undefined;
  private connection = 0;
  private requests = 0;
  private stopped = false;
  private subscribed = new Set<string>();

  readonly name: string;
  readonly topics: readonly string[];

  constructor(
    private readonly options: SubscriberOptions,
    private readonly journal: Journal,
    private readonly random: Random,
  ) {
    this.name = options.name;
    this.topics = options.topics;
    void this.run();
  }

  /** Subscribed to everything, on a connection that is open. */
  get isLive(): boolean {
    return this.socket?.readyState === WebSocket.OPEN && this.topics.every((topic) => this.subscribed.has(topic));
  }

  /** Cuts its connection, as its network would. */
  drop(): void {
    this.socket?.terminate();
  }

  /** Reads nothing until `readOn`: what comes stays in the kernel, and then in the gateway. */
  stopReading(): void {
    this.journal.add({ kind: 'paused', ...this.here(), on: true });
    this.socket?.pause();
  }

  readOn(): void {
    this.journal.add({ kind: 'paused', ...this.here(), on: false });
    this.socket?.resume();
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.journal.add({ kind: 'stopped', ...this.here() });
    this.socket?.close(1000);
  }

  private here(): { readonly at: number; readonly subscriber: string; readonly connection: number } {
    return { at: this.journal.now(), subscriber: this.name, connection: this.connection };
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const code = await this.connect();
      this.socket = undefined;
      this.subscribed = new Set();
      this.asked.clear();
      if (!this.stopped && code !== undefined) this.journal.add({ kind: 'closed', ...this.here(), code });
      await delay(this.random.between(0, this.options.reconnectMs ?? RECONNECT_MS));
    }
  }

  /** Resolves when the connection has ended: with its code, or with nothing where none was made. */
  private connect(): Promise<number | undefined> {
    const { url, token } = this.options;
    const socket = new WebSocket(url(), ['waybill.v1'], { headers: { authorization: `Bearer ${token}` }, handshakeTimeout: HANDSHAKE_MS });
    let opened = false;
    this.socket = socket;
    this.connection += 1;
    return new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.on('close', (code) => resolve(opened ? code : undefined));
      socket.on('open', () => (opened = true));
      socket.on('message', (data: Buffer) => {
        if (!this.stopped) this.receive(data.toString());
      });
    });
  }

  private receive(text: string): void {
    const frame = JSON.parse(text) as Frame;
    const { topic, epoch, seq } = frame;
    const subject = topic ?? (frame.data as { readonly topic?: string } | undefined)?.topic;
    // The server subscribes each connection to topics of its own, which nobody here publishes to.
    if (subject !== undefined && !this.topics.includes(subject)) return;
    if (topic !== undefined && epoch !== undefined && seq !== undefined) return this.deliver(text, { ...frame, topic, epoch, seq });
    if (frame.action === 'welcome') return this.welcome((frame.data as { readonly connection_id: string }).connection_id);
    if (frame.action === 'reply') return this.reply(frame);
    if (frame.action === 'topic.gap') return this.gap(frame.data as { topic: string; from: number; to: number; reason: string });
    if (frame.action === 'topic.reset') return this.reset(frame.data as { topic: string; epoch: string });
    if (frame.action === 'topic.unsubscribed') this.unsubscribed(frame.data as { topic: string; code: string });
  }

  private welcome(id: string): void {
    this.journal.add({ kind: 'connected', ...this.here(), id });
    this.subscribe(this.topics);
  }

  private subscribe(topics: readonly string[]): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.requests += 1;
    const id = `s${this.requests}`;
    const since = new Map(
      topics
        .flatMap((topic) => [[topic, this.positions.get(topic)] as const])
        .filter((each): each is [string, Position] => each[1] !== undefined),
    );
    this.asked.set(id, since);
    const wanted = topics.map((topic) => ({ topic, ...since.get(topic) }));
    this.socket.send(JSON.stringify({ msg_id: id, action: 'topic.subscribe', data: { topics: wanted } }));
  }

  private reply({ reply_to: id = '', code, data, retry_after_ms: retryAfterMs }: Frame): void {
    const since = this.asked.get(id);
    this.asked.delete(id);
    if (since === undefined) return;
    if (code !== 'OK') return this.subscribeAgain([...this.topics], retryAfterMs);
    for (const result of (data as { readonly topics: readonly SubscribeResult[] }).topics) {
      if (result.code === 'OK') this.joined(result, since.get(result.topic));
      else this.subscribeAgain([result.topic], result.retry_after_ms);
    }
  }

  private subscribeAgain(topics: readonly string[], afterMs = SUBSCRIBE_AGAIN_MS): void {
    const { socket } = this;
    setTimeout(
      () => {
        if (this.socket === socket && !this.stopped) this.subscribe(topics);
      },
      Math.min(afterMs, 1_000),
    ).unref();
  }

  private joined({ topic, epoch, head, recovered }: SubscribeResult, since: Position | undefined): void {
    this.subscribed.add(topic);
    if (recovered !== true) this.positions.set(topic, { epoch, seq: head });
    this.journal.add({
      kind: 'subscribed',
      ...this.here(),
      topic,
      epoch,
      head,
      ...(since === undefined ? {} : { since }),
      ...(recovered === undefined ? {} : { recovered }),
    });
  }

  private deliver(text: string, { topic, epoch, seq, msg_id: msgId = '' }: Frame & Position & { readonly topic: string }): void {
    this.positions.set(topic, { epoch, seq });
    this.journal.add({ kind: 'delivered', ...this.here(), topic, epoch, seq, msgId, hash: dataHash(text) });
  }

  private gap({
    topic,
    from,
    to,
    reason,
  }: {
    readonly topic: string;
    readonly from: number;
    readonly to: number;
    readonly reason: string;
  }): void {
    const epoch = this.positions.get(topic)?.epoch ?? '';
    this.positions.set(topic, { epoch, seq: to });
    this.journal.add({ kind: 'gap', ...this.here(), topic, from, to, reason });
  }

  private reset({ topic, epoch }: { readonly topic: string; readonly epoch: string }): void {
    this.positions.set(topic, { epoch, seq: 0 });
    this.journal.add({ kind: 'reset', ...this.here(), topic, epoch });
  }

  private unsubscribed({ topic, code }: { readonly topic: string; readonly code: string }): void {
    this.subscribed.delete(topic);
    this.journal.add({ kind: 'unsubscribed', ...this.here(), topic, code });
    this.subscribeAgain([topic]);
  }
}
