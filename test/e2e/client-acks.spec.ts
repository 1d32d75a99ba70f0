import { setTimeout as delay } from 'node:timers/promises';
import { WaybillClient, type ClientOptions } from '@waybill/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] }, broadcast: true };

let gateway: TestGateway;
let proxy: TcpProxy;
const PATIENCE = { timeout: 15_000 } as const;
const clients: WaybillClient[] = [];
/** What the clients reported as `error`. */
const errors: string[] = [];

beforeAll(async () => {
  gateway = await startGateway();
  proxy = await TcpProxy.before(`http://127.0.0.1:${gateway.port}`);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  expect(errors.splice(0)).toEqual([]);
});

afterAll(async () => {
  await proxy.close();
  await gateway.stop();
});

async function clientOf(user: string, options: Partial<ClientOptions> = {}): Promise<WaybillClient> {
  const address = proxy.through(`http://127.0.0.1:${gateway.port}`);
  const token = await gateway.token(user, EVERYTHING);
  const client = new WaybillClient(address, { token, backoff: { minDelayMs: 50, maxDelayMs: 200 }, ...options });
  client.on('error', ({ code }) => {
    if (code !== 'LISTENER_FAILED') errors.push(code);
  });
  clients.push(client);
  return client;
}

/** What the waybill says became of a message at a user, connection by connection, the oldest connection first. */
async function outcomes(topic: string, seq: number, user: string): Promise<readonly string[]> {
  const { body } = await gateway.rest('GET', `/api/v1/ops/topics/${topic}/messages/${seq}/waybill`);
  const { recipients } = body.data as { readonly recipients: readonly { readonly user: string; readonly outcome: string }[] };
  return recipients.filter((recipient) => recipient.user === user).map(({ outcome }) => outcome);
}

describe('acknowledgements of the client', () => {
  it('reach the gateway, for topics, direct messages and broadcasts', async () => {
    const alice = await clientOf('alice', { ack: 'auto' });
    alice.on('direct', () => delay(20));
    alice.on('broadcast', () => undefined);
    await alice.subscribe('acks.one', () => undefined, { ack: 'auto' }).ready();
    const bob = await clientOf('bob');
    for (let number = 0; number < 5; number += 1) await bob.publish('acks.one', number);
    for (let number = 0; number < 3; number += 1) await bob.sendToUser('alice', number);
    await bob.publish('$all', 'all');
    await expect.poll(() => outcomes('acks.one', 5, 'alice'), PATIENCE).toEqual(['acked']);
    await expect.poll(() => outcomes('$user.alice', 3, 'alice'), PATIENCE).toEqual(['acked']);
    await expect.poll(() => outcomes('$all', 1, 'alice'), PATIENCE).toEqual(['acked']);
  });

  it('go on after a cut; a message whose listener failed is given again, alone', async () => {
    const alice = await clientOf('alice');
    const given: number[] = [];
    const subscription = alice.subscribe(
      'again.one',
      ({ seq }) => {
        given.push(seq);
        if (seq === 3 && given.length < 6) throw new Error('not now');
      },
      { ack: 'auto' },
    );
    await subscription.ready();
    const bob = await clientOf('bob');
    for (let number = 0; number < 5; number += 1) await bob.publish('again.one', number);
    await expect.poll(() => outcomes('again.one', 2, 'alice'), PATIENCE).toEqual(['acked']);
    proxy.reset();
    await expect.poll(() => given, PATIENCE).toEqual([1, 2, 3, 4, 5, 3]);
    // The second connection begins after 2, and acknowledges what the first could not.
    await expect.poll(async () => (await outcomes('again.one', 5, 'alice')).toSorted(), PATIENCE).toEqual(['acked', 'written']);
    expect(subscription.position?.seq).toBe(5);
  });

  it('are sent before an orderly end', async () => {
    const alice = await clientOf('alice');
    const got = new Promise((resolve) => {
      void alice.subscribe('end.one', resolve, { ack: 'auto' }).ready();
    });
    const bob = await clientOf('bob');
    await expect.poll(() => alice.state).toBe('open');
    await alice.subscribe('end.one').ready();
    await bob.publish('end.one', 1);
    await got;
    alice.close();
    await expect.poll(() => outcomes('end.one', 1, 'alice'), PATIENCE).toEqual(['acked']);
  });
});
