import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationRole } from '../support/application-role.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

/** No sweep: what arrives, arrives by a hint. */
const HINTS_ALONE = { WAYBILL_HEAD_SWEEP_MS: '0', WAYBILL_HINT_POLL_MS: '50' };
/** Only configured namespaces have a label of their own. */
const NAMESPACES = { messaging: { namespaces: { counted: {} } } };
/** The program's figure is a second; a loaded machine is given more, and nothing else would ever bring the message. */
const PATIENCE_MS = 30_000;

describe('a transaction that publishes', () => {
  let first: TestGateway;
  let second: TestGateway;
  let role: ApplicationRole;
  const sockets: TestSocket[] = [];

  beforeAll(async () => {
    first = await startGateway({ env: HINTS_ALONE, file: NAMESPACES });
    second = await startGateway({ env: HINTS_ALONE, file: NAMESPACES, database: first.database });
    role = await ApplicationRole.create(first.database.url);
    await role.allow('order-service', ['*', '$user.*']);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) await socket.close();
  });
  afterAll(async () => {
    await role.drop();
    await second.stop();
    await first.stop();
  });

  async function subscriber(gateway: TestGateway, topic: string): Promise<TestSocket> {
    const socket = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    sockets.push(socket);
    const reply = await socket.request('topic.subscribe', { topics: [{ topic }] });
    expect(reply).toMatchObject({ code: 'OK' });
    return socket;
  }
  const data = async (socket: TestSocket, topic: string, count: number): Promise<readonly unknown[]> =>
    (await socket.untilMessages(topic, count, PATIENCE_MS)).map((message) => message['data']);

  it('reaches subscribers of every node after its commit, in order, beside what the other doors publish', async () => {
    const [app, here, there] = [await role.connect(), await subscriber(first, 'order.live'), await subscriber(second, 'order.live')];
    await app.query('begin');
    await app.query(`select waybill.publish('order.live', 'order.paid', '1')`);
    await app.query(`select waybill.publish('order.live', 'order.paid', '2')`);
    await first.rest('POST', '/api/v1/topics/order.live/messages', { data: 'rest' });
    await app.query('commit');
    for (const socket of [here, there]) expect(await data(socket, 'order.live', 3)).toEqual(['rest', 1, 2]);
    expect(here.messages('order.live')[1]).toMatchObject({ action: 'order.paid', seq: 2, version: '1' });
  });

  it('is heard while another transaction stands open, and out of the order in which they began', async () => {
    const [idle, slow, quick] = [await role.connect(), await role.connect(), await role.connect()];
    const socket = await subscriber(second, 'order.late');
    await idle.query('begin isolation level repeatable read');
    await idle.query('select pg_current_xact_id()');
    await slow.query('begin');
    await slow.query(`select waybill.publish('order.late', 'a', '"slow"')`);
    await quick.query(`select waybill.publish('order.late', 'a', '"quick"')`);
    expect(await data(socket, 'order.late', 1)).toEqual(['quick']);
    await slow.query('commit');
    expect(await data(socket, 'order.late', 2)).toEqual(['quick', 'slow']);
    await idle.query('rollback');
  });

  it('leaves nothing of a rollback', async () => {
    const [app, socket] = [await role.connect(), await subscriber(first, 'order.gone')];
    await app.query('begin');
    await app.query(`select waybill.publish('order.gone', 'a', '"gone"')`);
    await app.query('rollback');
    await app.query(`select waybill.publish('order.gone', 'a', '"kept"')`);
    expect(await data(socket, 'order.gone', 1)).toEqual(['kept']);
    const history = await first.rest('GET', '/api/v1/topics/order.gone/messages');
    expect(history.body.data).toMatchObject({ head: 1, messages: [{ seq: 1, data: 'kept' }] });
  });

  it('reaches a user that is connected, and one that comes later', async () => {
    const app = await role.connect();
    const dora = await TestSocket.connect(first.port, await first.token('dora'));
    sockets.push(dora);
    await app.query(`select waybill.publish(waybill.user_topic('dora'), 'note', '1')`);
    expect(await data(dora, '$user.dora', 1)).toEqual([1]);
    const history = await first.rest('GET', '/api/v1/topics/$user.dora/messages');
    expect(history.body.data).toMatchObject({ messages: [{ seq: 1, action: 'note' }] });
  });

  it('is counted, and is no loss of the bus', async () => {
    const metrics = async (gateway: TestGateway): Promise<string> => (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    const counted = async (): Promise<number> => {
      const texts = await Promise.all([first, second].map(metrics));
      return texts.reduce(
        (sum, text) => sum + Number(/^waybill_publishes_total\{source="sql",namespace="counted",result="OK"\} (\d+)/m.exec(text)?.[1] ?? 0),
        0,
      );
    };
    const [app, socket] = [await role.connect(), await subscriber(first, 'counted.a')];
    await app.query(`select waybill.publish('counted.a', 'a', to_json(n)) from generate_series(1, 7) n`);
    await data(socket, 'counted.a', 7);
    await expect.poll(counted, { timeout: 2 * PATIENCE_MS, interval: 500 }).toBe(7);
    expect(await metrics(first)).not.toMatch(/^waybill_gaps_total\{reason="bus_loss",side="server"\} [1-9]/m);
  }, 120_000);
});
