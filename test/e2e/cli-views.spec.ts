import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const TOPIC = 'orders.7';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const waybill = (...argv: readonly string[]): CommandLine =>
  new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', gateway.apiKey, ...argv]);

async function printed(...argv: readonly string[]): Promise<string> {
  const command = waybill(...argv);
  expect([await command.exit, command.err]).toEqual([0, expect.any(String)]);
  return command.out;
}

const listener = async (user: string): Promise<TestSocket> => {
  const socket = await TestSocket.connect(gateway.port, await gateway.token(user));
  await socket.request('topic.subscribe', { topics: [{ topic: TOPIC }] });
  return socket;
};
const refOf = async (user: string): Promise<string> => {
  const { body } = await gateway.rest('GET', `/api/v1/ops/connections?user=${user}`);
  return (body.data as { readonly items: readonly { readonly ref: string }[] }).items[0]?.ref ?? '';
};

describe('waybill recipients', () => {
  it('says who would receive a publish now, page by page, and whether somebody may publish', async () => {
    expect(await printed('recipients', TOPIC)).toBe(`Nobody would receive a message published to ${TOPIC} now.\n`);
    const sockets = [await listener('ann'), await listener('bob')];
    const all = await printed('recipients', TOPIC, '--publisher', 'ann');
    expect(all).toMatch(/^May publish: ann may publish by /m);
    expect(all).toContain('would go to 2 connections of 2 users.');
    expect(all).toMatch(/^ann +\S+-\S+ .* at once$/m);
    const first = (await waybill('recipients', TOPIC, '--limit', '1', '--json').json()) as {
      readonly items: readonly { readonly user: string }[];
      readonly next: string;
    };
    const second = (await waybill('recipients', TOPIC, '--cursor', first.next, '--json').json()) as typeof first;
    expect([...first.items, ...second.items].map(({ user }) => user).toSorted()).toEqual(['ann', 'bob']);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

describe('waybill accounting', () => {
  it('balances what was matched with what became of it', async () => {
    const socket = await listener('cy');
    await gateway.rest('POST', `/api/v1/topics/${TOPIC}/messages`, { data: {} });
    await socket.untilMessages(TOPIC, 1);
    const said = await printed('accounting');
    expect(said).toContain('Deliveries balance: none is unaccounted for.');
    expect(said).toMatch(/^NAMESPACE +PUBLISHED .* MISSING$/m);
    expect(said).toMatch(/^other +1 +0 +1 +1 +0 +0 +0 +0 +0 +0$/m);
    await socket.close();
  });
});

describe('waybill disconnect --connection', () => {
  it('ends one connection by the ref that its client shows, with a reason, and says whether it may return', async () => {
    const [first, second] = [await listener('dee'), await listener('eve')];
    const ref = await refOf('dee');
    expect(await printed('disconnect', '--connection', ref.toLowerCase(), '--reason', 'enough')).toBe(
      `${ref.toLowerCase()} was closed with 4400; its client may come back.\n`,
    );
    expect(await first.closed).toEqual({ code: 4400, reason: 'enough' });
    expect(await printed('disconnect', '-c', await refOf('eve'), '--for-good')).toContain('with 4500; its client must not come back.');
    expect(await second.closed).toMatchObject({ code: 4500 });
  });

  it.each([
    ['of nobody', ['--connection', '0000-0000'], 1, /NOT_FOUND/],
    ['beside a filter', ['--connection', 'x', '--user', 'ann'], 2, /only --reason and --for-good/],
  ])('refuses one %s', async (_name, argv, exit, says) => {
    const command = waybill('disconnect', ...argv);
    expect([await command.exit, command.err]).toEqual([exit, expect.stringMatching(says)]);
  });
});

describe('waybill blocks and waybill revocations', () => {
  it('list who is kept out, and take a revocation back', async () => {
    expect(await printed('blocks')).toBe('');
    await printed('block', 'mallory', '--reason', 'flooding');
    expect(await printed('blocks')).toMatch(/^mallory +\d{4}-\S+Z +unblocked +key:\S+ +flooding$/m);
    await printed('revoke', '--user', 'alice', '--reason', 'lost phone');
    const { items } = (await waybill('revocations', '--json').json()) as { readonly items: readonly { readonly id: string }[] };
    expect(await printed('revocations', '--user', 'alice')).toMatch(/^\S{36} +user alice +\S+ .* lost phone$/m);
    expect(await printed('revocations', '--take-back', items[0]?.id ?? '')).toContain('is taken back');
    expect(await printed('revocations')).toBe('');
  });
});

describe('the lists of operators, probes and slow consumers', () => {
  it('are told page by page', async () => {
    for (const name of ['ann', 'bob', 'cy'])
      await gateway.rest('POST', '/api/v1/ops/operators', { name, role: 'viewer', password: 'correct horse battery staple' });
    for (const user of ['ann', 'bob', 'cy']) await gateway.rest('POST', '/api/v1/ops/probes', { user, minutes: 1 });
    const names = await everyPage<{ readonly name: string }>('ops/operators');
    expect(names.map(({ name }) => name)).toEqual(['admin', 'ann', 'bob', 'cy']);
    expect((await everyPage<{ readonly user: string }>('ops/probes')).map(({ user }) => user)).toEqual(['cy', 'bob', 'ann']);
    expect((await gateway.rest('GET', '/api/v1/ops/slow?cursor=x')).body).toMatchObject({ code: 'BAD_REQUEST' });
  });
});

/** All items of a list, one to a page. */
async function everyPage<Item>(path: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let cursor = ''; ;) {
    const { body } = await gateway.rest('GET', `/api/v1/${path}?limit=1${cursor}`);
    const page = body.data as { readonly items: readonly Item[]; readonly next?: string };
    items.push(...page.items);
    if (page.next === undefined) return items;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}
