import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '../checker/record.js';
import type { Journal } from '../rig/journal.js';
import type { Random } from '../rig/random.js';
import { dataHash } from './payload.js';
import { ENDINGS, type Frame, WandererSocket } from './wanderer-socket.js';

const AWAY_MS = 1_500;
/** Between two deeds on a connection. */
const IDLE_MS = 250;
const LONGEST_PAUSE_MS = 1_200;
const PAGE = 30;

export interface WandererOptions {
  readonly name: string;
  /** Several wanderers may be one user. */
  readonly user: string;
  readonly socketUrl: string;
  readonly httpUrl: string;
  readonly token: string;
  /** Topics that it subscribes to now and then; the server's own come by themselves. */
  readonly topics: readonly string[];
}

interface SubscribeResult {
  readonly topic: string;
  readonly code?: string;
  readonly epoch: string;
  readonly head: number;
  readonly recovered?: boolean;
}

/**
 * A client that does everything a client may, in any order: comes and goes in every way, with its position, an older one or none,
 * subscribes and unsubscribes, acknowledges, reads history by both doors, and now and then nothing at all. It logs all of it.
 */
export class Wanderer {
  /** Sentences: what the gateway refused that it may not refuse. */
  readonly problems: string[] = [];
  private readonly positions = new Map<string, Position>();
  /** Highest position that came by this connection. */
  private received = new Map<string, Position>();
  private readonly subscribed = new Set<string>();
  private socket: WandererSocket | undefined;
  private connection = 0;
  private reads = 0;
  private wandering = true;
  private stays = false;
  private readonly done: Promise<void>;

  constructor(
    private readonly options: WandererOptions,
    private readonly journal: Journal,
    private readonly random: Random,
  ) {
    this.done = this.run();
  }

  /** Comes to rest: `stays` on a connection that is open, or is gone for good. */
  async rest(stays: boolean): Promise<void> {
    this.stays = stays;
    this.wandering = false;
    await this.done;
  }

  stop(): void {
    this.wandering = false;
    this.stays = false;
    this.socket?.end('cut');
  }

  private here(): { readonly at: number; readonly subscriber: string; readonly connection: number } {
    return { at: this.journal.now(), subscriber: this.options.name, connection: this.connection };
  }

  private async run(): Promise<void> {
    while (this.wandering) {
      const socket = await this.connect();
      if (socket === undefined) {
        await delay(this.random.between(20, 200));
        continue;
      }
      const deeds = 1 + this.random.below(12);
      for (let deed = 0; deed < deeds && socket.isOpen && this.wandering; deed += 1) {
        await this.deed(socket);
        await Promise.race([delay(this.random.between(0, IDLE_MS)), socket.closed]);
      }
      if (!this.wandering && this.stays && (await this.settle(socket))) return;
      socket.end(this.random.pick(ENDINGS));
      await socket.closed;
      if (this.wandering) await delay(this.random.chance(0.3) ? 0 : this.random.between(0, AWAY_MS));
    }
    if (!this.stays) this.journal.add({ kind: 'stopped', ...this.here() });
    else await this.returnToStay();
  }

  private async returnToStay(): Promise<void> {
    while (this.stays) {
      const socket = await this.connect();
      if (socket !== undefined && (await this.settle(socket))) return;
      await delay(this.random.between(20, 100));
    }
  }

  /** Subscribes to whatever is missing; answers whether it stands where it will stay. */
  private async settle(socket: WandererSocket): Promise<boolean> {
    const missing = this.options.topics.filter((topic) => !this.subscribed.has(topic));
    await this.subscribe(socket, 'topic.subscribe', missing, true);
    return socket.isOpen && this.options.topics.every((topic) => this.subscribed.has(topic));
  }

  /** Answers once it has said where it goes on. */
  private async connect(): Promise<WandererSocket | undefined> {
    this.connection += 1;
    this.received = new Map();
    this.subscribed.clear();
    const { socketUrl, token } = this.options;
    let welcomed: (welcome: boolean) => void = () => undefined;
    const welcome = new Promise<boolean>((resolve) => (welcomed = resolve));
    let connected = false;
    const socket = new WandererSocket(socketUrl, token, (frame, text) => {
      if (frame.action === 'welcome') {
        connected = true;
        const { connection_id: id } = frame.data as { readonly connection_id: string };
        this.journal.add({ kind: 'connected', ...this.here(), id, user: this.options.user });
        welcomed(true);
      } else this.receive(frame, text);
    });
    this.socket = socket;
    void socket.closed.then((code) => {
      if (connected) this.journal.add({ kind: 'closed', ...this.here(), code });
      welcomed(false);
    });
    if (!(await welcome)) return undefined;
    const held = this.random.chance(0.8);
    await this.subscribe(socket, 'resume', [`$user.${this.options.user}`, '$all'], held);
    await this.subscribe(
      socket,
      'topic.subscribe',
      this.options.topics.filter(() => this.random.chance(0.6)),
      held,
    );
    return socket.isOpen ? socket : undefined;
  }

  private async deed(socket: WandererSocket): Promise<void> {
    const topic = this.random.pick([...this.options.topics, '$all', `$user.${this.options.user}`]);
    const deed = this.random.below(12);
    if (deed < 3) return this.acknowledge(socket, this.random.pick([...this.received.keys(), topic]));
    if (deed < 5) return this.readBySocket(socket, topic);
    if (deed < 6) return this.readByRest(topic);
    if (deed < 8) return this.unsubscribe(socket);
    if (deed < 10 && !topic.startsWith('$')) return this.subscribe(socket, 'topic.subscribe', [topic], this.random.chance(0.5));
    if (deed < 11) return this.readNothing(socket);
  }

  private async subscribe(socket: WandererSocket, action: string, topics: readonly string[], held: boolean): Promise<void> {
    if (topics.length === 0) return;
    const since = new Map(topics.flatMap((topic) => (held ? this.sinceOf(topic) : [])));
    const wanted = topics.map((topic) => ({ topic, ...since.get(topic), ...(this.random.chance(0.5) ? { ack: true } : {}) }));
    await socket.ask(action, { topics: wanted }, (reply) => {
      if (reply.code !== 'OK') return;
      for (const result of (reply.data as { readonly topics: readonly SubscribeResult[] }).topics)
        this.joined(result, since.get(result.topic));
    });
  }

  /** Mostly the position reached; now and then an older one, as of a client that forgot some. */
  private sinceOf(topic: string): readonly (readonly [string, Position])[] {
    const position = this.positions.get(topic);
    if (position === undefined) return [];
    const back = this.random.chance(0.2) ? this.random.below(10) : 0;
    return [[topic, { epoch: position.epoch, seq: Math.max(0, position.seq - back) }]];
  }

  private joined({ topic, code, epoch, head, recovered }: SubscribeResult, since: Position | undefined): void {
    if (code !== undefined && code !== 'OK') return;
    this.subscribed.add(topic);
    this.positions.set(topic, recovered === true && since !== undefined ? since : { epoch, seq: head });
    const told = { ...(since === undefined ? {} : { since }), ...(recovered === undefined ? {} : { recovered }) };
    this.journal.add({ kind: 'subscribed', ...this.here(), topic, epoch, head, ...told });
  }

  /**
   * The server's own topics wait a second for `resume` and then begin without it, wherever they stand. Whether that second was over is the
   * server's to know: this process may have been busy between the welcome and here.
   */
  private begunByItself(topic: string, { epoch, seq }: Position): void {
    this.subscribed.add(topic);
    this.journal.add({ kind: 'subscribed', ...this.here(), topic, epoch, head: seq - 1, unasked: true });
  }

  private async unsubscribe(socket: WandererSocket): Promise<void> {
    const plain = [...this.subscribed].filter((topic) => !topic.startsWith('$'));
    if (plain.length === 0) return;
    const topic = this.random.pick(plain);
    this.subscribed.delete(topic);
    this.journal.add({ kind: 'leaving', ...this.here(), topic });
    await socket.ask('topic.unsubscribe', { topics: [topic] }, ({ code }) => {
      if (code === 'OK') this.journal.add({ kind: 'left', ...this.here(), topic });
    });
  }

  /** Only what came by this connection, so that it may not be refused. */
  private async acknowledge(socket: WandererSocket, topic: string): Promise<void> {
    const reached = this.received.get(topic);
    if (reached === undefined || !this.subscribed.has(topic)) return;
    const seq = Math.max(1, reached.seq - this.random.below(4));
    this.journal.add({ kind: 'ack', ...this.here(), topic, epoch: reached.epoch, seq });
    const reply = await socket.ask('topic.ack', { topic, seq });
    if (reply !== undefined && reply.code !== 'OK')
      this.problems.push(
        `${this.options.name}: the acknowledgement of ${topic} ${reached.epoch}:${seq} was refused: ${JSON.stringify(reply)}`,
      );
  }

  private async readBySocket(socket: WandererSocket, topic: string): Promise<void> {
    const { request, range } = this.reading(topic, false);
    const reply = await socket.ask('topic.history', { topic, ...range }, ({ code, data }) => {
      if (code === 'OK') this.read(topic, request, data);
    });
    if (reply !== undefined && reply.code !== 'OK') this.read(topic, request, undefined);
  }

  private async readByRest(topic: string): Promise<void> {
    const { request, range } = this.reading(topic, true);
    const query = Object.entries(range)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    try {
      const answer = await fetch(`${this.options.httpUrl}/api/v1/topics/${topic}/messages?${query}`, {
        headers: { authorization: `Bearer ${this.options.token}` },
        signal: AbortSignal.timeout(5_000),
      });
      const body = (await answer.json()) as { readonly data?: unknown };
      this.read(topic, request, answer.ok ? body.data : undefined);
    } catch {
      // The gateway went away: what the answer would have held is not known, and the log says so by having none.
    }
  }

  private reading(topic: string, rest: boolean): { readonly request: string; readonly range: Readonly<Record<string, number>> } {
    this.reads += 1;
    const request = `r${this.reads}`;
    this.journal.add({ kind: 'reading', ...this.here(), topic, request, rest });
    const position = this.positions.get(topic)?.seq ?? 0;
    const limit = 1 + this.random.below(PAGE);
    return {
      request,
      range: this.random.chance(0.5) ? { after: Math.max(0, position - this.random.below(40)), limit } : { before: position + 5, limit },
    };
  }

  /** An answer without messages, or a refusal, gave nothing. */
  private read(topic: string, request: string, data: unknown): void {
    const messages = (data as { readonly messages?: readonly Position[] } | undefined)?.messages ?? [];
    const [first, last] = [messages[0], messages.at(-1)];
    const got =
      first === undefined || last === undefined ? { epoch: '', from: 0, to: -1 } : { epoch: first.epoch, from: first.seq, to: last.seq };
    this.journal.add({ kind: 'read', ...this.here(), topic, request, ...got });
  }

  private async readNothing(socket: WandererSocket): Promise<void> {
    this.journal.add({ kind: 'paused', ...this.here(), on: true });
    socket.pause();
    await Promise.race([delay(this.random.between(0, LONGEST_PAUSE_MS)), socket.closed]);
    // Some are never read again: they end like this.
    if (this.random.chance(0.2) || !socket.isOpen) return socket.end(this.random.pick(['cut', 'reset'] as const));
    this.journal.add({ kind: 'paused', ...this.here(), on: false });
    socket.resume();
  }

  private receive(frame: Frame, text: string): void {
    const { topic, epoch, seq, msg_id: msgId = '' } = frame;
    if (topic !== undefined && epoch !== undefined && seq !== undefined) {
      if (topic.startsWith('$') && !this.subscribed.has(topic)) this.begunByItself(topic, { epoch, seq });
      this.positions.set(topic, { epoch, seq });
      this.received.set(topic, { epoch, seq });
      this.journal.add({ kind: 'delivered', ...this.here(), topic, epoch, seq, msgId, hash: dataHash(text) });
    } else if (frame.action === 'topic.gap') {
      const gap = frame.data as { readonly topic: string; readonly from: number; readonly to: number; readonly reason: string };
      this.positions.set(gap.topic, { epoch: this.positions.get(gap.topic)?.epoch ?? '', seq: gap.to });
      this.journal.add({ kind: 'gap', ...this.here(), topic: gap.topic, from: gap.from, to: gap.to, reason: gap.reason });
    } else if (frame.action === 'topic.reset') {
      const reset = frame.data as { readonly topic: string; readonly epoch: string };
      this.positions.set(reset.topic, { epoch: reset.epoch, seq: 0 });
      this.received.delete(reset.topic);
      this.journal.add({ kind: 'reset', ...this.here(), topic: reset.topic, epoch: reset.epoch });
    } else if (frame.action === 'topic.unsubscribed') {
      const { topic: name, code } = frame.data as { readonly topic: string; readonly code: string };
      this.subscribed.delete(name);
      this.journal.add({ kind: 'unsubscribed', ...this.here(), topic: name, code });
    }
  }
}
