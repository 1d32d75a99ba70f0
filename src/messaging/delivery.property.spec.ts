import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultyLog, MessagingCore, SeeingSubscriber, type SeenFrame, settle } from '../../test/support/messaging-core.js';
import { MemoryBus } from '../broker/memory-bus.js';
import type { Position } from './message.js';
import type { OfferResult } from './frame.js';

const CLIENTS = 4;

type Action =
  | { readonly kind: 'publish'; readonly node: 0 | 1; readonly count: number }
  | { readonly kind: 'bus'; readonly fault: 'pass' | 'lose' | 'hold' | 'twice' }
  | { readonly kind: 'release'; readonly order: 'forth' | 'back' }
  | { readonly kind: 'subscribe'; readonly client: number; readonly resume: boolean; readonly wait: number }
  | { readonly kind: 'unsubscribe'; readonly client: number }
  | { readonly kind: 'reads'; readonly turns: number; readonly fault: 'slow' | 'stale' | 'failing' }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'turns'; readonly count: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('publish'), node: fc.constantFrom(0, 1), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('bus'), fault: fc.constantFrom('pass', 'lose', 'hold', 'twice') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), order: fc.constantFrom('forth', 'back') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('subscribe'),
      client: fc.nat(CLIENTS - 1),
      resume: fc.boolean(),
      wait: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unsubscribe'), client: fc.nat(CLIENTS - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reads'), turns: fc.nat(4), fault: fc.constantFrom('slow', 'stale', 'failing') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete') }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('turns'), count: fc.integer({ min: 1, max: 4 }) }) },
);

/** A client that believes nothing: every frame must be the next one, unless it was told otherwise. */
class StrictClient extends SeeingSubscriber {
  position: Position | undefined;
  mayReceive = false;
  readonly faults: string[] = [];
  /** What it has of each epoch, to find repeats and foreign payloads. */
  readonly received: SeenFrame[] = [];

  override offer(batch: Parameters<SeeingSubscriber['offer']>[0]): OfferResult {
    const known = this.frames.length;
    const result = super.offer(batch);
    for (const frame of this.frames.slice(known)) this.read(frame);
    return result;
  }

  private read(frame: SeenFrame): void {
    const { position } = this;
    if (!this.mayReceive || position === undefined) return this.fault(frame, 'came while nothing may come');
    if (frame.action === 'topic.reset') {
      this.position = { epoch: (frame.data as Position).epoch, seq: 0 };
    } else if (frame.action === 'topic.gap') {
      const { from, to } = frame.data as { from: number; to: number };
      if (from > position.seq + 1 || to <= position.seq)
        this.fault(frame, `is a gap that does not begin where this client stands (${position.seq})`);
      this.position = { ...position, seq: to };
    } else if (frame.seq !== undefined) {
      if (frame.epoch !== position.epoch || frame.seq !== position.seq + 1)
        this.fault(frame, `does not follow ${position.epoch}:${position.seq}`);
      this.position = { epoch: frame.epoch ?? '', seq: frame.seq };
      this.received.push(frame);
    }
  }

  private fault(frame: SeenFrame, problem: string): void {
    this.faults.push(`${this.id}: ${frame.action} ${frame.epoch ?? ''}:${frame.seq ?? JSON.stringify(frame.data)} ${problem}`);
  }
}

/** Two nodes on one bus and one log, and clients that come and go. */
class World {
  private readonly bus = new MemoryBus();
  readonly nodes: readonly [MessagingCore, MessagingCore];
  readonly clients: readonly StrictClient[];
  /** Payload of every acknowledged publish, by position. */
  readonly acknowledged = new Map<string, string>();
  private readonly pending: Promise<unknown>[] = [];
  private held: (() => void)[] = [];
  private readonly queues = new Map<number, Promise<void>>();
  private made = 0;

  constructor(readonly topic: string) {
    const file = { messaging: { namespaces: { live: { durable: false, buffer_length: 5 } } } };
    // A small recovery limit, so that some recoveries are refused.
    const env = { WAYBILL_RECOVERY_MESSAGES: '12' };
    const first = new MessagingCore({ bus: this.bus, env, file });
    // One node has all that is recovered in memory, the other hardly anything: there reads and memory meet.
    const forgetful = { ...env, WAYBILL_RECENT_MESSAGES: '4' };
    this.nodes = [first, new MessagingCore({ bus: this.bus, env: forgetful, file, log: () => first.log })];
    this.clients = Array.from({ length: CLIENTS }, (_, index) => new StrictClient(`c${index}`));
  }

  get log(): FaultyLog {
    return this.nodes[0].log as FaultyLog;
  }

  async run(step: Action): Promise<void> {
    switch (step.kind) {
      case 'publish':
        for (let count = 0; count < step.count; count += 1) this.publish(this.nodes[step.node]);
        return;
      case 'bus':
        return this.fault(step.fault);
      case 'release':
        return this.release(step.order);
      case 'subscribe':
        this.enqueue(step.client, () => this.subscribe(step.client, step.resume, step.wait));
        return;
      case 'unsubscribe':
        return this.unsubscribe(step.client);
      case 'reads':
        return this.delayReads(step.turns, step.fault);
      case 'sweep':
        for (const node of this.nodes) this.pending.push(node.hub.verify(this.topic));
        return;
      case 'delete':
        this.pending.push(this.nodes[0].history.delete(this.topic));
        return;
      case 'turns':
        for (let count = 0; count < step.count; count += 1) await turn();
    }
  }

  /** Faults end, the bus delivers what it held, heads are compared. */
  async heal(): Promise<void> {
    this.fault('pass');
    this.delayReads(0, 'slow');
    this.release('back');
    await Promise.all(this.pending);
    for (let round = 0; round < 2; round += 1) {
      await settle(5);
      for (const node of this.nodes) await node.hub.verify(this.topic);
    }
    // Something that every subscriber must see.
    this.publish(this.nodes[0]);
    await Promise.all(this.pending);
    const deadline = Date.now() + 4_000;
    while (!(await this.caughtUp()) && Date.now() < deadline) await settle(5);
  }

  async caughtUp(): Promise<boolean> {
    const ends = await this.ends();
    return this.clients.every(({ mayReceive, position }) => !mayReceive || (position?.epoch === ends.epoch && position.seq === ends.head));
  }

  async ends(): Promise<Position & { readonly head: number }> {
    const broker = this.nodes[0].broker;
    const ends = this.topic.startsWith('live') ? await broker.endsEphemeral(this.topic) : (await this.log.ends([this.topic]))[0];
    return { epoch: ends?.epoch ?? '', head: ends?.head ?? 0, seq: ends?.head ?? 0 };
  }

  async close(): Promise<void> {
    for (const node of this.nodes) for (const client of this.clients) node.subscriptions.closeAll(client);
    for (const node of this.nodes) await node.close();
  }

  private nodeOf(client: number): MessagingCore {
    return this.nodes[(client % 2) as 0 | 1];
  }

  private publish(node: MessagingCore): void {
    const n = (this.made += 1);
    this.pending.push(
      node.publish(this.topic, n).then((receipt) => {
        this.acknowledged.set(`${receipt.epoch}:${receipt.seq}`, String(n));
      }),
    );
  }

  /** Subscribes of one connection follow one another: they are barriers of the gateway. Unsubscribes, as closes do, come between. */
  private enqueue(client: number, work: () => Promise<void>): void {
    const queued = (this.queues.get(client) ?? Promise.resolve()).then(work);
    this.queues.set(client, queued);
    this.pending.push(queued);
  }

  private delayReads(turns: number, fault: 'slow' | 'stale' | 'failing'): void {
    const wait = async (): Promise<void> => {
      for (let count = 0; count < turns; count += 1) await turn();
      if (fault === 'failing') throw new Error('away');
    };
    this.log.beforeRead = fault === 'stale' ? () => Promise.resolve() : wait;
    this.log.afterRead = fault === 'stale' ? wait : () => Promise.resolve();
  }

  private fault(fault: 'pass' | 'lose' | 'hold' | 'twice'): void {
    for (const { broker } of this.nodes) {
      broker.pass = (_message, deliver) => {
        if (fault === 'pass' || fault === 'twice') deliver();
        if (fault === 'hold' || fault === 'twice') this.held.push(deliver);
      };
    }
  }

  private release(order: 'forth' | 'back'): void {
    const { held } = this;
    this.held = [];
    for (const deliver of order === 'forth' ? held : held.reverse()) deliver();
  }

  private async subscribe(index: number, resume: boolean, wait: number): Promise<void> {
    const client = this.clients[index] as StrictClient;
    const since = resume ? client.position : undefined;
    const before = { position: client.position, mayReceive: client.mayReceive };
    try {
      const subscribing = this.nodeOf(index).subscriptions.subscribe(client, { topic: this.topic, since, ack: false });
      const outcome = await subscribing;
      client.mayReceive = false;
      for (let count = 0; count < wait; count += 1) await turn();
      if (!this.nodeOf(index).subscriptions.topicsOf(client).includes(this.topic)) return;
      if (outcome.recovered === true && since !== undefined && since.seq + outcome.count !== outcome.head)
        client.faults.push('an incomplete recovery');
      client.position = outcome.recovered === true ? since : { epoch: outcome.epoch, seq: outcome.head };
      client.mayReceive = true;
      outcome.activate();
    } catch {
      // Refused or failed: as it was before, where it was subscribed; the core must not have moved it.
      client.mayReceive = before.mayReceive && this.nodeOf(index).subscriptions.topicsOf(client).includes(this.topic);
    }
  }

  private unsubscribe(index: number): void {
    const client = this.clients[index] as StrictClient;
    this.nodeOf(index).subscriptions.unsubscribe(client, this.topic);
    client.mayReceive = false;
  }
}

describe.each(['chat.1', 'live.1'])('delivery on %s under any interleaving of faults', (topic) => {
  it('is in order and without holes unless told, reaches the head, and leaks nothing', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), async (actions) => {
        const world = new World(topic);
        try {
          for (const step of actions) await world.run(step);
          await world.heal();
          expect(world.clients.flatMap((client) => client.faults)).toEqual([]);
          const ends = await world.ends();
          for (const client of world.clients.filter(({ mayReceive }) => mayReceive)) {
            expect([client.id, client.position]).toEqual([client.id, { epoch: ends.epoch, seq: ends.head }]);
          }
          for (const client of world.clients) {
            for (const frame of client.received) expect(String(frame.data)).toBe(world.acknowledged.get(`${frame.epoch}:${frame.seq}`));
          }
        } finally {
          await world.close();
        }
        for (const node of world.nodes) {
          expect([...node.hub.open()]).toEqual([]);
          expect(node.view.subscriptions()).toBe(0);
          expect(node.broker.topics.size).toBe(0);
        }
      }),
      { numRuns: 120 },
    );
  });
});
