import { afterEach, describe, expect, it } from 'vitest';
import { FaultyLog, MessagingCore, SeeingSubscriber, settle } from '../../test/support/messaging-core.js';
import { MemoryBus } from '../broker/memory-bus.js';
import type { Position } from './message.js';

const CLIENTS = 50;
const TOPIC = 'chat.1';

/** A node whose clients come to another one that has the same bus and log. */
describe('recoveries of many at once', () => {
  let nodes: readonly MessagingCore[] = [];
  afterEach(async () => {
    for (const node of nodes) await node.close();
  });

  function twoNodes(env: Readonly<Record<string, string>> = {}): readonly [MessagingCore, MessagingCore, FaultyLog] {
    const bus = new MemoryBus();
    const one = new MessagingCore({ bus, env });
    const two = new MessagingCore({ bus, env, log: () => one.log });
    nodes = [one, two];
    return [one, two, one.log as FaultyLog];
  }

  async function comeBack(node: MessagingCore, positions: readonly Position[]): Promise<readonly SeeingSubscriber[]> {
    const clients = positions.map((_, index) => new SeeingSubscriber(`c${index}`));
    await Promise.all(clients.map((client, index) => node.join(client, TOPIC, positions[index])));
    return clients;
  }

  it('who come together share one read, though some have less than others', async () => {
    const [one, two, log] = twoNodes();
    const receipts = await one.publishMany(TOPIC, 40);
    const epoch = receipts[0]?.epoch ?? '';
    const positions = Array.from({ length: CLIENTS }, (_, index) => ({ epoch, seq: 39 - (index % 20) }));
    const clients = await comeBack(two, positions);
    expect(log.reads).toBe(1);
    for (const [index, client] of clients.entries()) {
      const from = (positions[index]?.seq ?? 0) + 1;
      expect(client.seqs).toEqual(Array.from({ length: 41 - from }, (_, place) => from + place));
    }
  });

  it('who come later read nothing: what was read and what came live is remembered', async () => {
    const [one, two, log] = twoNodes();
    const receipts = await one.publishMany(TOPIC, 10);
    const epoch = receipts[0]?.epoch ?? '';
    await comeBack(two, [{ epoch, seq: 8 }]);
    await one.publishMany(TOPIC, 5);
    await settle();
    const clients = await comeBack(two, [
      { epoch, seq: 1 },
      { epoch, seq: 12 },
      { epoch, seq: 15 },
    ]);
    expect(log.reads).toBe(1);
    expect(clients.map(({ seqs }) => seqs.length)).toEqual([14, 3, 0]);
  });

  it('who needs little is not refused because the read that others share ends too early', async () => {
    const [one, two, log] = twoNodes({ WAYBILL_RECOVERY_BYTES: '1000' });
    const payload = 'x'.repeat(98);
    const receipts = await Promise.all(Array.from({ length: 80 }, () => one.publish(TOPIC, payload)));
    const epoch = receipts[0]?.epoch ?? '';
    const clients = await comeBack(two, [
      { epoch, seq: 75 },
      { epoch, seq: 76 },
      { epoch, seq: 20 },
    ]);
    expect(clients.map(({ seqs }) => seqs.length)).toEqual([5, 4, 0]);
    expect(
      two.telemetry
        .of('recovered')
        .map(([, result]) => result)
        .toSorted(),
    ).toEqual(['not_recovered', 'recovered', 'recovered']);
    expect(log.reads).toBeGreaterThan(1);
  });

  it('a reader who has more than a read that is under way asks by itself', async () => {
    const [one, two, log] = twoNodes();
    const receipts = await one.publishMany(TOPIC, 3);
    const epoch = receipts[0]?.epoch ?? '';
    // The first read answers with what was there before the next publishes, which the second client has seen elsewhere.
    two.broker.pass = () => undefined;
    one.broker.pass = () => undefined;
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    log.afterRead = () => goOn;
    const joining = comeBack(two, [{ epoch, seq: 1 }]);
    await settle(2);
    await one.publishMany(TOPIC, 3);
    const later = comeBack(two, [{ epoch, seq: 5 }]);
    await settle(2);
    resolve();
    const [[early], [late]] = await Promise.all([joining, later]);
    await two.hub.verify(TOPIC);
    await settle();
    expect(early?.seqs).toEqual([2, 3, 4, 5, 6]);
    expect(late?.seqs).toEqual([6]);
    expect(
      one.telemetry
        .of('gap')
        .concat(two.telemetry.of('gap'))
        .filter(([reason]) => reason === 'reset'),
    ).toEqual([]);
  });

  it('without room in memory each reads for itself, as before', async () => {
    const [one, two, log] = twoNodes({ WAYBILL_RECENT_MESSAGES: '0' });
    const receipts = await one.publishMany(TOPIC, 10);
    const epoch = receipts[0]?.epoch ?? '';
    const clients = await comeBack(
      two,
      Array.from({ length: 5 }, () => ({ epoch, seq: 3 })),
    );
    expect(log.reads).toBe(5);
    expect(clients.map(({ seqs }) => seqs)).toEqual(Array.from({ length: 5 }, () => [4, 5, 6, 7, 8, 9, 10]));
  });

  it('what was deleted, or begins again, is remembered no more', async () => {
    const [one, two, log] = twoNodes();
    const receipts = await one.publishMany(TOPIC, 5);
    const epoch = receipts[0]?.epoch ?? '';
    await comeBack(two, [{ epoch, seq: 1 }]);
    await two.history.delete(TOPIC);
    await settle();
    const [client] = await comeBack(two, [{ epoch, seq: 1 }]);
    expect(client?.seqs).toEqual([]);
    expect(two.telemetry.of('recovered').map(([, result]) => result)).toEqual(['recovered', 'not_recovered']);
    expect(log.reads).toBeGreaterThan(1);
  });
});
