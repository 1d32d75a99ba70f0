import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Random } from '../faults/rig/random.js';

/** What clients saw, over all of them. */
export interface Tally {
  lives: number;
  published: number;
  delivered: number;
  /** Subscriptions that asked to go on from a position, and got all they had missed. */
  recovered: number;
  /** Messages that were missing without a word about it. */
  holes: number;
}

interface Position {
  readonly epoch: string;
  readonly seq: number;
}

interface Frame extends Partial<Position> {
  readonly action: string;
  readonly topic?: string;
  readonly reply_to?: string;
  readonly data?: unknown;
}

interface Subscribed extends Position {
  readonly topic: string;
  readonly code: string;
  readonly head: number;
  readonly recovered?: boolean;
}

const LIFE_MS = [1_000, 10_000] as const;
const AWAY_MS = [0, 500] as const;
const PUBLISH_MS = [300, 1_500] as const;
const STALL_MS = 2_000;
const TOPICS_OF_A_LIFE = 4;

/** A client that connects, subscribes from where it stood, publishes, and leaves in one way or another, again and again. */
export class SocketClient {
  private readonly positions = new Map<string, Position>();
  private socket: WebSocket | undefined;
  private published = 0;

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly topics: readonly string[],
    private readonly random: Random,
    private readonly tally: Tally,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.live(signal);
      await delay(this.random.between(...AWAY_MS));
    }
  }

  private async live(signal: AbortSignal): Promise<void> {
    const socket = new WebSocket(this.url, ['waybill.v1'], { headers: { authorization: `Bearer ${this.token}` } });
    this.socket = socket;
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const topics = Array.from({ length: 1 + this.random.below(TOPICS_OF_A_LIFE) }, () => this.random.pick(this.topics));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Frame, [...new Set(topics)]));
    this.tally.lives += 1;
    const endsAt = performance.now() + this.random.between(...LIFE_MS);
    while (!signal.aborted && performance.now() < endsAt && socket.readyState <= WebSocket.OPEN) {
      await delay(this.random.between(...PUBLISH_MS));
      this.publish();
    }
    await this.leave(socket);
    await ended;
  }

  /** Cleanly, by a cut, or after it has read nothing for a while. */
  private async leave(socket: WebSocket): Promise<void> {
    const way = this.random.next();
    if (way < 0.2) {
      socket.pause();
      await delay(STALL_MS);
      socket.resume();
    }
    if (way < 0.5) socket.terminate();
    else socket.close(1000);
  }

  private publish(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.published += 1;
    this.tally.published += 1;
    const data = {
      topic: this.random.pick(this.topics),
      action: 'soak',
      data: { n: this.published, text: 'x'.repeat(this.random.below(1_000)) },
    };
    this.socket.send(JSON.stringify({ msg_id: `p-${this.published}`, action: 'topic.publish', data }));
  }

  private receive(frame: Frame, topics: readonly string[]): void {
    const { action, topic, epoch, seq } = frame;
    if (topic !== undefined && epoch !== undefined && seq !== undefined) {
      if (topics.includes(topic)) this.deliver(topic, { epoch, seq });
    } else if (action === 'welcome') this.subscribe(topics);
    else if (action === 'reply' && frame.reply_to === 's')
      this.joined((frame.data as { readonly topics?: readonly Subscribed[] }).topics ?? []);
    else if (action === 'topic.gap') this.gap(frame.data as { readonly topic: string; readonly to: number });
  }

  private subscribe(topics: readonly string[]): void {
    const wanted = topics.map((topic) => ({ topic, ...this.positions.get(topic) }));
    this.socket?.send(JSON.stringify({ msg_id: 's', action: 'topic.subscribe', data: { topics: wanted } }));
  }

  private joined(results: readonly Subscribed[]): void {
    for (const { topic, code, epoch, head, recovered } of results) {
      if (recovered === true) this.tally.recovered += 1;
      else if (code === 'OK') this.positions.set(topic, { epoch, seq: head });
    }
  }

  private deliver(topic: string, { epoch, seq }: Position): void {
    const last = this.positions.get(topic);
    this.tally.delivered += 1;
    if (last?.epoch === epoch && seq > last.seq + 1) this.tally.holes += seq - last.seq - 1;
    this.positions.set(topic, { epoch, seq });
  }

  private gap({ topic, to }: { readonly topic: string; readonly to: number }): void {
    const last = this.positions.get(topic);
    if (last !== undefined) this.positions.set(topic, { ...last, seq: to });
  }
}
