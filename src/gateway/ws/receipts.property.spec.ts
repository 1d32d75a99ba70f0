import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeSocket } from '../../../test/support/fake-socket.js';
import { FaultyLog, MessagingCore, principalOf, type SeenFrame, settle } from '../../../test/support/messaging-core.js';
import { falseStatements, JudgingLedger } from '../../../test/support/receipt-judge.js';
import type { Config } from '../../config/config.js';
import type { CarriedMessage, FrameBatch, LiveMessage, OfferResult } from '../../messaging/frame.js';
import type { Position } from '../../messaging/message.js';
import type { Subscriber } from '../../messaging/subscriber.js';
import { encodeServerFrame } from '../../protocol/codec.js';
import { textFrame } from '../../protocol/text-frame.js';
import { SendBudget } from '../send-budget.js';
import { FrameEncoding } from './frame-encoding.js';
import { Outbound } from './outbound.js';
import type { OutboundOwner, OutboundSurroundings } from './outbound-owner.js';

/** Each with another slow policy. */
const TOPICS = ['chat.a', 'news.a', 'tick.a'] as const;
const CLIENTS = 3;
const LARGE = 'x'.repeat(20_000);
const QUEUE = { queueMessages: 10, queueBytes: 150_000 };

const client = fc.nat(CLIENTS - 1);
const topic = fc.constantFrom(...TOPICS);
const action = fc.oneof(
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('publish'), topic, count: fc.integer({ min: 1, max: 5 }), large: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('burst'), count: fc.integer({ min: 1, max: 5 }), large: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('subscribe'), client, topic, back: fc.constantFrom(-1, 0, 0, 3), wait: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unsubscribe'), client, topic }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('stall'), client, room: fc.constantFrom(0, 0, 100, 30_000, 66_000, 130_000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drain'), client, bytes: fc.constantFrom(100, 700, 5_000, 66_000, 500_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('flow'), client }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reply'), client }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ack'), client, topic, names: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end'), client, how: fc.constantFrom('close', 'destroy', 'fail', 'unnoticed') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset'), topic }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bus'), fault: fc.constantFrom('pass', 'lose', 'hold') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('log'), lossy: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint') }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('turns'), count: fc.integer({ min: 1, max: 4 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** As a connection of the gateway treats its writer and its subscriptions. */
class TestConnection implements Subscriber, OutboundOwner {
  readonly socket = new FakeSocket();
  readonly outbound: Outbound;
  readonly principal;
  isEnding = false;

  constructor(
    readonly id: string,
    private readonly core: MessagingCore,
    surroundings: OutboundSurroundings,
    encoding: FrameEncoding | undefined,
  ) {
    this.principal = principalOf(id);
    this.socket.room = Infinity;
    this.outbound = new Outbound(this.socket, surroundings, this, encoding);
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => this.close());
  }

  get sink(): Outbound {
    return this.outbound;
  }

  get queuedBytes(): number {
    return this.outbound.queuedBytes;
  }

  offer(batch: FrameBatch): OfferResult | 'gathered' {
    return this.outbound.offer(batch);
  }

  unwritten(visit: (message: CarriedMessage, inFlight: boolean) => void): void {
    this.outbound.unwritten(visit);
  }

  slow(slow: boolean): void {
    if (slow) this.core.subscriptions.lags(this);
  }

  landed(): void {
    this.core.subscriptions.landed(this);
  }

  overflowed(): void {
    this.close();
  }

  settled(): void {}

  dropped(messages: readonly LiveMessage[]): void {
    this.core.subscriptions.except(this, messages, 'slow_consumer');
  }

  gapsTold(): void {}

  close(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.outbound.settle();
    this.core.subscriptions.closeAll(this);
    this.outbound.finish(textFrame(encodeServerFrame('sys.closing', {})));
  }

  lastOf(name: string): SeenFrame | undefined {
    return this.socket.takenFrames.findLast((frame) => frame.topic === name && frame.seq !== undefined);
  }
}

class World {
  readonly ledger = new JudgingLedger();
  readonly core: MessagingCore;
  readonly connections: TestConnection[] = [];
  readonly problems: string[] = [];
  private readonly current: TestConnection[] = [];
  private readonly messages = new Set<string>();
  private readonly held: (() => void)[] = [];
  private readonly pending: Promise<unknown>[] = [];
  private readonly queues = new Map<string, Promise<void>>();
  private readonly surroundings: OutboundSurroundings;

  constructor(nodeQueueBytes: number) {
    const file = { messaging: { namespaces: { news: { slow: 'drop_oldest' }, tick: { slow: 'keep_latest' } } } };
    this.core = new MessagingCore({ file, ledger: this.ledger, env: { WAYBILL_RECOVERY_MESSAGES: '30' } });
    const budget = new SendBudget({ gateway: { nodeQueueBytes } } as Config);
    this.surroundings = { ...QUEUE, budget, turn: this.core.turn, telemetry: this.core.telemetry };
    for (let index = 0; index < CLIENTS; index += 1) this.connect(index);
  }

  run(step: Action): Promise<void> | void {
    switch (step.kind) {
      case 'publish':
        for (let count = 0; count < step.count; count += 1) this.publish(step.topic, step.large ? LARGE : count);
        return;
      case 'burst':
        for (const name of TOPICS) for (let count = 0; count < step.count; count += 1) this.publish(name, step.large ? LARGE : count);
        return;
      case 'subscribe':
        return this.enqueue(step.client, step.topic, step.back, step.wait);
      case 'unsubscribe':
        return void this.core.subscriptions.unsubscribe(this.of(step.client), step.topic);
      case 'stall':
        this.of(step.client).socket.room = step.room;
        return;
      case 'drain':
        return this.of(step.client).socket.drain(step.bytes);
      case 'flow':
        return this.of(step.client).socket.drain(Infinity);
      case 'reply':
        return this.of(step.client).outbound.reply(textFrame(encodeServerFrame('reply', 1)));
      case 'ack':
        return this.acknowledge(this.of(step.client), step.topic, step.names);
      case 'end':
        return this.end(this.of(step.client), step.how);
      case 'reset':
        return void this.pending.push(this.core.history.delete(step.topic));
      case 'bus':
        return this.faultOnBus(step.fault);
      case 'log':
        return this.loseInLog(step.lossy);
      case 'checkpoint':
        return this.ledger.checkpoint(this.core.openReceipts);
      case 'turns':
        return this.turns(step.count);
    }
  }

  /** Everybody is subscribed to everything. */
  async open(): Promise<void> {
    for (const name of TOPICS) for (let index = 0; index < CLIENTS; index += 1) this.enqueue(index, name, -1, 0);
    await Promise.all(this.pending);
  }

  judge(): void {
    for (const { id, socket } of this.connections) {
      const { givenFrames: given, takenFrames: taken } = socket;
      this.problems.push(...falseStatements({ id, given, taken }, this.messages, { open: this.core.openReceipts, ledger: this.ledger }));
    }
  }

  async heal(): Promise<void> {
    this.faultOnBus('pass');
    this.loseInLog(false);
    for (const { socket } of this.connections) socket.drain(Infinity);
    await Promise.all(this.pending);
    for (let round = 0; round < 3; round += 1) {
      await settle(4);
      for (const name of TOPICS) await this.core.hub.verify(name);
    }
    await settle(4);
    this.judge();
    // Whoever is subscribed and reads has been given everything.
    for (const { id } of this.connections) {
      for (const open of this.core.openReceipts.ofConnection(id)) {
        const { written, head } = open.look();
        if (written !== head) this.problems.push(`${id} still waits: ${JSON.stringify(open.look())}`);
      }
    }
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.close();
    this.judge();
    if ([...this.ledger.rows.keys()].length > 0) this.problems.push(`rows stay open: ${JSON.stringify([...this.ledger.rows.values()])}`);
    this.problems.push(...this.ledger.problems);
    await this.core.close();
    for (const { socket } of this.connections) socket.destroy();
  }

  private connect(index: number): TestConnection {
    // Of some, every frame is encoded first.
    const encoding = index === 1 ? new FrameEncoding((frame) => frame) : undefined;
    const connection = new TestConnection(`c${index}-${this.connections.length}`, this.core, this.surroundings, encoding);
    this.current[index] = connection;
    this.connections.push(connection);
    return connection;
  }

  private of(index: number): TestConnection {
    return this.current[index] as TestConnection;
  }

  private publish(name: string, payload: unknown): void {
    const published = this.core.publish(name, payload).then(({ epoch, seq }) => this.messages.add(`${name} ${epoch} ${seq}`));
    this.pending.push(published);
  }

  private enqueue(index: number, name: string, back: number, wait: number): void {
    const before = this.of(index);
    const connection = before.isEnding ? this.connect(index) : before;
    const last = before.lastOf(name);
    const since = back < 0 || last === undefined ? undefined : { epoch: last.epoch ?? '', seq: Math.max((last.seq ?? 0) - back, 0) };
    const key = `${connection.id} ${name}`;
    const queued = (this.queues.get(key) ?? Promise.resolve()).then(() => this.subscribe(connection, name, since, wait));
    this.queues.set(key, queued);
    this.pending.push(queued);
  }

  private async subscribe(connection: TestConnection, name: string, since: Position | undefined, wait: number): Promise<void> {
    try {
      const outcome = await this.core.subscriptions.subscribe(connection, { topic: name, since, ack: true });
      await this.turns(wait);
      connection.outbound.reply(textFrame(encodeServerFrame('reply', 1)));
      if (this.core.subscriptions.topicsOf(connection).includes(name)) outcome.activate();
    } catch {
      // It ended meanwhile, or the topic was being reset.
    }
  }

  private acknowledge(connection: TestConnection, name: string, names: boolean): void {
    const last = connection.lastOf(name);
    if (last?.seq === undefined) return;
    try {
      this.core.subscriptions.acknowledge(connection, name, last.seq, names ? last.epoch : undefined);
    } catch {
      // Not subscribed any more, or of another epoch.
    }
  }

  private end(connection: TestConnection, how: 'close' | 'destroy' | 'fail' | 'unnoticed'): void {
    if (how === 'close') connection.close();
    else if (how === 'fail') connection.socket.failing = true;
    else connection.socket.destroy();
  }

  /** What was held comes at once when the fault ends: then several topics have something in one turn. */
  private faultOnBus(fault: 'pass' | 'lose' | 'hold'): void {
    let count = 0;
    this.core.broker.pass = (_message, deliver) => {
      count += 1;
      if (fault === 'hold') this.held.push(deliver);
      else if (fault === 'pass' || count % 3 !== 0) deliver();
    };
    if (fault === 'hold') return;
    for (const deliver of this.held.splice(0)) deliver();
  }

  private loseInLog(lossy: boolean): void {
    (this.core.log as FaultyLog).changePage = (page) =>
      lossy ? { ...page, messages: page.messages.filter(({ seq }) => seq % 3 !== 0) } : page;
  }

  private async turns(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await turn();
  }
}

/** Found once: a topic begins again while what was held for a joining subscriber is being offered, and the socket takes no more. */
const RESET_WHILE_JOINING: readonly Action[] = [
  { kind: 'publish', topic: 'news.a', count: 5, large: false },
  { kind: 'burst', count: 1, large: false },
  { kind: 'ack', client: 2, topic: 'chat.a', names: true },
  { kind: 'publish', topic: 'tick.a', count: 5, large: false },
  { kind: 'publish', topic: 'chat.a', count: 1, large: false },
  { kind: 'drain', client: 0, bytes: 100 },
  { kind: 'publish', topic: 'tick.a', count: 4, large: false },
  { kind: 'publish', topic: 'chat.a', count: 2, large: true },
  { kind: 'end', client: 1, how: 'close' },
  { kind: 'drain', client: 0, bytes: 5000 },
  { kind: 'reset', topic: 'chat.a' },
  { kind: 'subscribe', client: 0, topic: 'chat.a', back: -1, wait: 3 },
  { kind: 'reset', topic: 'chat.a' },
  { kind: 'publish', topic: 'chat.a', count: 1, large: false },
  { kind: 'checkpoint' },
  { kind: 'publish', topic: 'chat.a', count: 1, large: false },
  { kind: 'turns', count: 2 },
  { kind: 'end', client: 0, how: 'fail' },
  { kind: 'subscribe', client: 0, topic: 'chat.a', back: -1, wait: 1 },
  { kind: 'turns', count: 1 },
];

describe('receipts', () => {
  it('say of every message at every connection what its socket took, whatever happens', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(50_000, 120_000, 400_000),
        fc.array(action, { minLength: 20, maxLength: 80 }),
        async (bytes, actions) => {
          const world = new World(bytes);
          try {
            await world.open();
            for (const step of actions) {
              await world.run(step);
              world.judge();
            }
            await world.heal();
          } finally {
            await world.close();
          }
          expect(world.problems.slice(0, 3)).toEqual([]);
        },
      ),
      { numRuns: Number(process.env['RECEIPT_RUNS'] ?? 100), examples: [[50_000, [...RESET_WHILE_JOINING]]] },
    );
  });
});
