import { randomBytes } from 'node:crypto';
import { BENCH_ACTION, payloadText } from './delivery.js';
import { Latency } from './latency.js';
import { type Ending, LoadSocket, type SocketOwner, type SocketPlan } from './load-socket.js';
import { monotonicMs } from './monotonic-clock.js';

const SEQ = /"seq":(\d+)/;
const CODE = /"code":"(\w+)"/;

/** What acknowledgements said of one topic. */
export interface TopicAcknowledged {
  count: number;
  highest: number;
  /** With the count and the highest it tells whether each position was told once. */
  sum: number;
}

interface Publisher {
  readonly socket: LoadSocket;
  readonly topic: string;
  /** When each publish under way was due; replies come in the order of requests. */
  readonly due: number[];
}

/** Sockets that publish and read the acknowledgements. */
export class PublishLoad implements SocketOwner {
  readonly topics = new Map<string, TopicAcknowledged>();
  readonly refusals = new Map<string, number>();
  /** Publishes whose connection ended before their acknowledgement. */
  unanswered = 0;
  acknowledged = 0;
  published = 0;
  private latency = new Latency();
  private readonly publishers: Publisher[] = [];
  private readonly bySocket = new Map<LoadSocket, Publisher>();
  private readonly arrivals = new Map<LoadSocket, PromiseWithResolvers<void>>();
  private readonly prefix = randomBytes(9).toString('base64url');
  private next = 0;
  private readonly wakers: (() => void)[] = [];

  constructor(private readonly dataBytes: number) {}

  /** Opens a socket that publishes to the topic; rejects with the reason where it is refused. */
  async add(plan: SocketPlan, topic: string): Promise<void> {
    const arrival = Promise.withResolvers<void>();
    const socket = new LoadSocket(plan, this);
    this.arrivals.set(socket, arrival);
    await arrival.promise;
    const publisher = { socket, topic, due: [] };
    this.publishers.push(publisher);
    this.bySocket.set(socket, publisher);
    if (!this.topics.has(topic)) this.topics.set(topic, { count: 0, highest: 0, sum: 0 });
  }

  get inFlight(): number {
    return this.published - this.acknowledged - this.unanswered - [...this.refusals.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Sends one publish on the next socket in turn that has fewer than `most` under way; false where none has. */
  publish(dueAt: number, most: number): boolean {
    for (let tried = 0; tried < this.publishers.length; tried += 1) {
      const publisher = this.publishers[this.next % this.publishers.length];
      this.next += 1;
      if (publisher === undefined || !publisher.socket.isOpen || publisher.due.length >= most) continue;
      this.published += 1;
      publisher.due.push(dueAt);
      const data = payloadText(dueAt - performance.now() + monotonicMs(), this.dataBytes);
      publisher.socket.send(
        `{"msg_id":"${this.prefix}-${this.published}","action":"topic.publish","data":{"topic":"${publisher.topic}","action":"${BENCH_ACTION}","data":${data}}}`,
      );
      return true;
    }
    return false;
  }

  /** Resolves at the next answer, or after so many milliseconds. */
  async answered(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.wakers.push(resolve);
    await promise;
    clearTimeout(timer);
  }

  /** Acknowledgement times since the last call. */
  takeLatency(): Latency {
    const { latency } = this;
    this.latency = new Latency();
    return latency;
  }

  close(): void {
    for (const { socket } of this.publishers) socket.cut();
  }

  opened(socket: LoadSocket): void {
    this.arrivals.get(socket)?.resolve();
    this.arrivals.delete(socket);
  }

  ended(socket: LoadSocket, { reason }: Ending): void {
    this.arrivals.get(socket)?.reject(new Error(`A publisher could not connect: ${reason}`));
    this.arrivals.delete(socket);
    const publisher = this.bySocket.get(socket);
    this.unanswered += publisher?.due.splice(0).length ?? 0;
    this.wake();
  }

  text(socket: LoadSocket, bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString('latin1', start, end);
    if (!text.includes(`"reply_to":"${this.prefix}-`)) return;
    const publisher = this.bySocket.get(socket);
    const dueAt = publisher?.due.shift();
    if (publisher === undefined || dueAt === undefined) return;
    const code = CODE.exec(text)?.[1] ?? 'no code';
    if (code === 'OK') this.acknowledge(publisher.topic, Number(SEQ.exec(text)?.[1]), dueAt);
    else this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    this.wake();
  }

  private acknowledge(topic: string, seq: number, dueAt: number): void {
    const told = this.topics.get(topic);
    if (told === undefined) return;
    this.acknowledged += 1;
    told.count += 1;
    told.sum += seq;
    told.highest = Math.max(told.highest, seq);
    this.latency.record(performance.now() - dueAt);
  }

  private wake(): void {
    for (const wake of this.wakers.splice(0)) wake();
  }
}
