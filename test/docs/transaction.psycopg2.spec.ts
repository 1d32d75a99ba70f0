import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payOrder } from '../../examples/transaction/pay-order.js';
import { ApplicationRole } from '../support/application-role.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';
import { SYSTEM_PYTHON } from '../support/tools.js';

const PATIENCE_MS = 30_000;

/** The examples of docs/sql-publish.md, in both languages, on one order. */
describe('publishing within a transaction', () => {
  let gateway: TestGateway;
  let shop: ApplicationRole;

  beforeAll(async () => {
    gateway = await startGateway();
    shop = await ApplicationRole.create(gateway.database.url);
    await shop.allow('order-service', ['orders.*']);
    await shop.asOwner('create table public.orders (id int primary key, state text not null, total numeric not null)');
    await shop.asOwner(`insert into public.orders values (1, 'open', 99.9), (2, 'open', 5), (3, 'open', 7)`);
    await shop.asOwner(`grant select, update on public.orders to "${shop.name}"`);
  });
  afterAll(async () => {
    await shop.drop();
    await gateway.stop();
  });

  const state = async (order: number): Promise<unknown> =>
    (await shop.asOwner('select state from public.orders where id = $1', [order])).rows[0]?.state;
  const history = async (order: number): Promise<readonly unknown[]> => {
    const answer = await gateway.rest('GET', `/api/v1/topics/orders.${order}/messages`);
    return (answer.body.data as { messages: unknown[] }).messages;
  };

  it('tells subscribers of what pay-order.ts and ship_order.py committed', async () => {
    const socket = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    await socket.request('topic.subscribe', { topics: [{ topic: 'orders.1' }] });
    await promisify(execFile)(process.execPath, ['examples/transaction/pay-order.ts', shop.url, '1', '1']);
    expect(await socket.untilMessages('orders.1', 1, PATIENCE_MS)).toMatchObject([
      { action: 'order.paid', data: { order: 1, total: 99.9 } },
    ]);
    await promisify(execFile)(SYSTEM_PYTHON, ['examples/transaction/ship_order.py', shop.url, '1', '1']);
    expect(await socket.untilMessages('orders.1', 2, PATIENCE_MS)).toMatchObject([
      { seq: 1 },
      { seq: 2, action: 'order.shipped', data: { order: 1 }, msg_id: 'order-1-shipped' },
    ]);
    expect([await state(1), (await history(1)).length]).toEqual(['shipped', 2]);
    await socket.close();
  });

  it('leaves the order as it was where its message is refused', async () => {
    await gateway.rest('POST', '/api/v1/topics/orders.2/messages', { data: 1 });
    await shop.allow('order-service', []);
    const client = await shop.connect();
    await expect(payOrder(client, 2)).rejects.toThrow(/may not publish to orders\.2/);
    expect([await state(2), (await history(2)).length]).toEqual(['open', 1]);
    await shop.allow('order-service', ['orders.*']);
    await payOrder(client, 2);
    expect([await state(2), (await history(2)).length]).toEqual(['paid', 2]);
  });

  it('runs again a transaction that met a busy topic', { timeout: 120_000 }, async () => {
    await gateway.rest('POST', '/api/v1/topics/orders.3/messages', { data: 1 });
    const holder = new pg.Client({ connectionString: gateway.database.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query(`select from waybill.topic where name = 'orders.3' for update`);
    const client = await shop.connect();
    let failures = 0;
    const query = client.query.bind(client) as (...parameters: unknown[]) => Promise<unknown>;
    client.query = ((...parameters: unknown[]) =>
      query(...parameters).catch(async (error: unknown) => {
        failures += 1;
        if (failures === 1) await holder.query('commit');
        throw error;
      })) as typeof client.query;
    await payOrder(client, 3);
    await holder.end();
    expect(failures).toBe(1);
    expect([await state(3), (await history(3)).length]).toEqual(['paid', 2]);
  });
});
