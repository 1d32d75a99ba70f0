import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MessagingCore, SeeingSubscriber, settle } from '../../../test/support/messaging-core.js';
import type { CarriedMessage, FrameBatch, OfferResult } from '../frame.js';
import type { Fetch } from './ledger.js';
import { NoopLedger } from './noop-ledger.js';
import type { Receipt } from './receipt.js';

class SeeingLedger extends NoopLedger {
  readonly begun: Receipt[] = [];
  readonly ended: Receipt[] = [];
  readonly reads: Fetch[] = [];
  recorded: Promise<void> = Promise.resolve();

  override recovering(receipt?: Receipt): Promise<void> {
    if (receipt !== undefined) this.begun.push(receipt);
    return this.recorded;
  }

  override closed(receipt?: Receipt): void {
    if (receipt !== undefined) this.ended.push(receipt);
  }

  override fetched(fetch?: Fetch): Promise<void> {
    if (fetch !== undefined) this.reads.push(fetch);
    return this.recorded;
  }
}

/** Holds what it is offered until it is told to write. */
class HoldingSubscriber extends SeeingSubscriber {
  private held: FrameBatch[] = [];

  override offer(batch: FrameBatch): OfferResult {
    super.offer(batch);
    if (this.result === 'queued') this.held.push(batch);
    return this.result;
  }

  get lags(): boolean {
    return this.held.length > 0;
  }

  unwritten(visit: (message: CarriedMessage, inFlight: boolean) => void): void {
    for (const { frames } of this.held)
      for (const { live, carries } of frames) if (live ?? carries) visit((live ?? carries) as CarriedMessage, false);
  }

  write(core: MessagingCore): void {
    this.held = [];
    this.result = 'written';
    core.subscriptions.landed(this);
  }
}

const TOPIC = 'chat.1';
const FILE = { messaging: { namespaces: { quiet: { ledger: 'off' } } } };

describe('receipts', () => {
  let ledger: SeeingLedger;
  let core: MessagingCore;
  let alice: HoldingSubscriber;

  beforeEach(() => {
    ledger = new SeeingLedger();
    core = new MessagingCore({ ledger, file: FILE });
    alice = new HoldingSubscriber('alice');
  });
  afterEach(() => core.close());

  async function publish(count: number, topic = TOPIC): Promise<void> {
    await core.publishMany(topic, count);
    await settle(3);
  }

  it('close with what was written, and only where something was owed', async () => {
    await core.join(alice, TOPIC);
    await core.join(new SeeingSubscriber('idle'), 'chat.2');
    await publish(3);
    core.subscriptions.closeAll(alice);
    expect(ledger.ended).toMatchObject([
      { topic: TOPIC, user: 'alice', after: 0, offered: 3, handed: 3, written: 3, head: 3, lagged: false },
    ]);
    expect(ledger.begun).toEqual([]);
  });

  it('say not_written of what came before the activation', async () => {
    await core.subscriptions.subscribe(alice, { topic: TOPIC, since: undefined, ack: false });
    await publish(2);
    core.subscriptions.closeAll(alice);
    expect(ledger.ended).toMatchObject([{ after: 0, written: 0, handed: 0, head: 2 }]);
  });

  it('are recorded before history is pushed, and the reply waits for that', async () => {
    await core.join(new SeeingSubscriber('other'), TOPIC);
    await publish(4);
    const { promise, resolve } = Promise.withResolvers<void>();
    ledger.recorded = promise;
    const since = { epoch: core.hub.find(TOPIC)?.epoch ?? '', seq: 1 };
    let outcome: Awaited<ReturnType<typeof core.subscriptions.subscribe>> | undefined;
    const subscribing = core.subscriptions.subscribe(alice, { topic: TOPIC, since, ack: false }).then((answer) => (outcome = answer));
    await settle(3);
    expect([ledger.begun.length, outcome]).toEqual([1, undefined]);
    resolve();
    await subscribing;
    outcome?.activate();
    core.subscriptions.closeAll(alice);
    const [begun] = ledger.begun;
    expect(begun).toMatchObject({ after: 1, recoveredTo: 4, written: 1, head: 4 });
    expect(ledger.ended).toMatchObject([{ no: begun?.no, openedAt: begun?.openedAt, after: 1, recoveredTo: 4, written: 4 }]);
  });

  it('begin anew with every activation, and go on where a subscribe failed', async () => {
    await core.join(alice, TOPIC);
    await publish(2);
    await core.join(alice, TOPIC);
    await publish(1);
    const bad = core.subscriptions.subscribe(alice, { topic: TOPIC, since: { epoch: 'x', seq: 1 }, ack: false });
    await bad.catch(() => undefined);
    core.subscriptions.closeAll(alice);
    expect(ledger.ended.map(({ after, written, head }) => [after, written, head])).toEqual([
      [0, 2, 2],
      [2, 3, 3],
    ]);
  });

  it('stay open after an unsubscribe until what waits is written', async () => {
    await core.join(alice, TOPIC);
    alice.result = 'queued';
    await publish(2);
    core.subscriptions.unsubscribe(alice, TOPIC);
    await publish(1);
    expect(ledger.ended).toEqual([]);
    expect([...core.openReceipts.ofConnection('alice')].map((open) => open.look())).toMatchObject([
      { written: 0, offered: 2, head: 2, leaving: true },
    ]);
    alice.write(core);
    expect(ledger.ended).toMatchObject([{ written: 2, head: 2 }]);
    expect([...core.openReceipts.ofConnection('alice')]).toEqual([]);
  });

  it('of the epoch before stay beside the new one while something waits', async () => {
    await core.join(alice, TOPIC);
    alice.result = 'queued';
    await publish(2);
    await core.history.delete(TOPIC);
    await publish(1);
    const open = [...(core.openReceipts.of(TOPIC)?.receipts() ?? [])].map((receipt) => receipt.look());
    expect(open.map(({ written, offered, leaving }) => [written, offered, leaving])).toEqual([
      [0, 1, undefined],
      [0, 2, true],
    ]);
    core.subscriptions.closeAll(alice);
    expect(ledger.ended.map(({ written, handed, head }) => [written, handed, head])).toEqual([
      [0, 0, 2],
      [0, 0, 1],
    ]);
  });

  it('tell their topics as moved once, with their news', async () => {
    await core.join(alice, TOPIC);
    expect(core.openReceipts.moved()).toEqual([]);
    await publish(2);
    const [moved, ...others] = core.openReceipts.moved();
    expect(others).toEqual([]);
    expect(moved).toMatchObject({ topic: TOPIC, seq: 2, marks: [{ seq: 2 }] });
    expect([...(moved?.receipts() ?? [])].map(({ hasNews }) => hasNews)).toEqual([false]);
    expect(core.openReceipts.moved()).toEqual([]);
    alice.result = 'queued';
    await publish(1);
    const [slow] = [...(core.openReceipts.moved()[0]?.receipts() ?? [])];
    expect(slow?.snapshot()).toMatchObject({ written: 2, offered: 3 });
    alice.write(core);
    // Once more, though the topic has not moved.
    const [caughtUp] = [...(core.openReceipts.moved()[0]?.receipts() ?? [])];
    expect([caughtUp?.hasNews, caughtUp?.snapshot().written, caughtUp?.hasNews]).toEqual([true, 3, false]);
  });

  it('are not kept where the policy says so, nor are reads', async () => {
    await core.join(alice, 'quiet.1');
    await publish(2, 'quiet.1');
    expect([core.openReceipts.moved(), core.openReceipts.of('quiet.1')]).toEqual([[], undefined]);
    await core.history.fetch(alice.principal, 'quiet.1', { limit: 10 }, { id: 'alice' });
    await core.history.fetch(alice.principal, TOPIC, { limit: 10 }, { id: 'alice' });
    core.subscriptions.closeAll(alice);
    expect([ledger.ended, ledger.reads]).toEqual([[], []]);
  });

  it('have reads of history beside them', async () => {
    await publish(5);
    await core.history.fetch(alice.principal, TOPIC, { after: 2, limit: 2 }, { id: 'alice', openedAt: 7 });
    expect(ledger.reads).toMatchObject([{ topic: TOPIC, from: 3, to: 4, user: 'alice', connection: 'alice', connectedAt: 7 }]);
  });

  it('note an acknowledgement after a reset only where it names the epoch', async () => {
    await core.join(alice, TOPIC);
    await publish(3);
    const before = core.hub.find(TOPIC)?.epoch ?? '';
    await core.history.delete(TOPIC);
    await publish(3);
    core.subscriptions.acknowledge(alice, TOPIC, 2);
    core.subscriptions.acknowledge(alice, TOPIC, 3, before);
    const [open] = [...core.openReceipts.ofConnection('alice')];
    expect(open?.look().acked).toBe(0);
    core.subscriptions.acknowledge(alice, TOPIC, 1, core.hub.find(TOPIC)?.epoch);
    expect(open?.look().acked).toBe(1);
  });

  it('say when the client acknowledged what they say that it did', async () => {
    await core.join(alice, TOPIC);
    await publish(3);
    const [open] = [...core.openReceipts.ofConnection('alice')];
    expect(open?.look().ackedAt).toBeUndefined();
    const before = Date.now();
    core.subscriptions.acknowledge(alice, TOPIC, 2);
    const at = open?.look().ackedAt ?? 0;
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
    await expect.poll(() => Date.now()).toBeGreaterThan(at);
    core.subscriptions.acknowledge(alice, TOPIC, 1);
    expect(open?.look()).toMatchObject({ acked: 2, ackedAt: at });
  });
});
