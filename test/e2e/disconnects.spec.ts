import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const ROUTE = '/api/v1/ops/disconnects';

interface Progress {
  readonly id: string;
  readonly state: string;
  readonly closed: number;
  readonly left: number;
}

describe('disconnecting many', () => {
  let gateway: TestGateway;
  const connect = async (user: string, client = 'web/1') =>
    TestSocket.connect(gateway.port, await gateway.token(user), { path: `/ws?client=${encodeURIComponent(client)}` });
  const post = (body: object) => gateway.rest('POST', ROUTE, body);
  const progress = async (id: string) => (await gateway.rest('GET', `${ROUTE}/${id}`)).body.data as Progress;
  const audited = async () =>
    (
      (await gateway.rest('GET', '/api/v1/ops/audit?limit=50')).body.data as {
        items: readonly { action: string; target: string; result: string; after?: object }[];
      }
    ).items;
  const command = (argv: readonly string[], stdin = '') =>
    new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...argv], stdin);

  beforeAll(async () => {
    gateway = await startGateway({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '500' } });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  it('shows whom, wants the count, closes only these, at the rate, and is audited at both ends', async () => {
    const kiosks = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => connect(`kiosk-${n}`, 'kiosk/2')));
    const other = await connect('alice');
    const filter = { client: 'kiosk' };
    const seen = await post({ filter, preview: true });
    expect(seen).toMatchObject({ status: 200, body: { data: { count: 6, takes_s: 1 } } });
    expect((seen.body.data as { examples: readonly unknown[] }).examples).toHaveLength(6);
    expect(await post({ filter })).toMatchObject({ status: 400, body: { field: 'confirm' } });
    expect(await post({ filter, confirm: 60 })).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('6 connections match now') as string },
    });
    const began = performance.now();
    const begun = await post({ filter, confirm: 6, rate_per_s: 5, reason: 'please update' });
    expect(begun).toMatchObject({ status: 202, body: { data: { state: 'running', matched: 6, code: 4400, by: 'key:bootstrap' } } });
    for (const { closed } of kiosks) expect(await closed).toEqual({ code: 4400, reason: 'please update' });
    expect(performance.now() - began).toBeGreaterThan(900);
    const { id } = begun.body.data as Progress;
    await expect.poll(() => progress(id)).toMatchObject({ state: 'done', closed: 6, left: 0, gone: 0 });
    expect(await other.request('ping')).toMatchObject({ code: 'OK' });
    await other.close();
    await expect
      .poll(async () => (await audited()).filter(({ target }) => target === id).map(({ action, result }) => [action, result]))
      .toEqual([
        ['connections.disconnect.end', 'OK'],
        ['connections.disconnect', 'OK'],
      ]);
    expect((await audited()).find(({ action }) => action === 'connections.disconnect.end')?.after).toMatchObject({
      filter,
      closed: 6,
      matched: 6,
    });
  });

  it('means everybody only where that is said', async () => {
    const sockets = await Promise.all([connect('a'), connect('b')]);
    expect(await post({ preview: true })).toMatchObject({ status: 400, body: { field: 'all' } });
    expect(await post({ filter: { user: 'a' }, all: true, preview: true })).toMatchObject({ status: 400, body: { field: 'all' } });
    expect(await post({ filter: { usr: 'a' }, preview: true })).toMatchObject({ status: 400, body: { field: 'filter.usr' } });
    expect(await post({ filter: { older_than_s: 3_600 }, preview: true })).toMatchObject({ body: { data: { count: 0 } } });
    expect(await post({ all: true, preview: true })).toMatchObject({ body: { data: { count: 2 } } });
    expect((await post({ all: true, confirm: 2, reconnect: false })).status).toBe(202);
    for (const { closed } of sockets) expect((await closed).code).toBe(4500);
  });

  it('runs one at a time, and is stopped', async () => {
    const sockets = await Promise.all([1, 2, 3, 4].map((n) => connect(`slow-${n}`)));
    const begun = await post({ filter: { client: 'web' }, confirm: 4, rate_per_s: 1 });
    const { id } = begun.body.data as Progress;
    expect(await post({ all: true, confirm: 4 })).toMatchObject({ status: 409, body: { message: expect.stringContaining(id) as string } });
    const stopped = await gateway.rest('DELETE', `${ROUTE}/${id}`);
    expect(stopped.status).toBe(200);
    await expect.poll(() => progress(id)).toMatchObject({ state: 'stopped', stopped_by: 'key:bootstrap' });
    const { closed, left } = await progress(id);
    expect([closed + left, left > 0]).toEqual([4, true]);
    expect(await gateway.rest('DELETE', `${ROUTE}/${id}`)).toMatchObject({ status: 409 });
    expect(await gateway.rest('GET', `${ROUTE}/nothing`)).toMatchObject({ status: 404 });
    const open = sockets.filter(({ socket }) => socket.readyState === 1);
    expect(open).toHaveLength(left);
    await Promise.all(open.map((socket) => socket.close()));
  });

  it('goes by the command line, which wants the number to be typed', async () => {
    const eve = await connect('eve');
    const wrong = command(['disconnect', '--user', 'eve'], 'yes\n');
    expect([await wrong.exit, wrong.err]).toEqual([2, expect.stringContaining('Type 1, or give --confirm 1')]);
    const right = command(['disconnect', '--user', 'eve', '--reason', 'bye'], '1\n');
    expect(await right.exit).toBe(0);
    expect(right.out).toMatch(/^1 of 1 were closed with 4400/);
    expect(await eve.closed).toEqual({ code: 4400, reason: 'bye' });
    const list = command(['disconnects']);
    await list.exit;
    expect(list.out).toMatch(/done +key:bootstrap .* user=eve/);
    expect(await command(['disconnect']).exit).toBe(2);
  });
});
