import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const TOPIC = 'orders.search';
/** More than are looked at for one page, so that one search goes on where another stopped. */
const MANY = 5_400;
const PUBLISH_AT_ONCE = 200;

interface Found {
  readonly seq: number;
  readonly publisher: string;
  readonly accepted_at: number;
  readonly msg_id: string;
  readonly waybill: string;
}
interface Page {
  readonly items: readonly Found[];
  readonly looked_at: number;
  readonly next?: string;
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  const ada = await TestSocket.connect(gateway.port, await gateway.token('ada'));
  await ada.request('topic.publish', { topic: TOPIC, action: 'first', data: { secret: 'what she wrote' } });
  await ada.close();
  const ben = await TestSocket.connect(gateway.port, await gateway.token('ben'));
  for (let sent = 0; sent < MANY; sent += PUBLISH_AT_ONCE)
    await Promise.all(
      Array.from({ length: PUBLISH_AT_ONCE }, (_, place) =>
        ben.request('topic.publish', { topic: TOPIC, action: 'said', data: {} }, `b-${sent + place}`),
      ),
    );
  await ben.close();
}, 120_000);
afterAll(() => gateway.stop());

const ask = (query: string) => gateway.rest('GET', `/api/v1/ops/messages?topic=${TOPIC}&${query}`);
const search = async (query: string): Promise<Page> => (await ask(query)).body.data;

describe('a search of messages', () => {
  it('tells the newest first, without payloads, page by page', async () => {
    const first = await search('limit=3');
    expect(first.items.map(({ seq }) => seq)).toEqual([MANY + 1, MANY, MANY - 1]);
    const second = await search(`limit=2&cursor=${encodeURIComponent(first.next ?? '')}`);
    expect(second.items.map(({ seq }) => seq)).toEqual([MANY - 2, MANY - 3]);
    expect(JSON.stringify(await search('publisher=ada&to=1'))).not.toContain('what she wrote');
  });

  it('finds a publisher far back with bounded work for each page', async () => {
    const first = await search('publisher=ada');
    expect(first).toMatchObject({ items: [], looked_at: 5_000 });
    const second = await search(`publisher=ada&cursor=${encodeURIComponent(first.next ?? '')}`);
    expect(second.items.map(({ seq, publisher }) => [seq, publisher])).toEqual([[1, 'ada']]);
    expect(second.next).toBeUndefined();
    expect((await gateway.rest('GET', second.items[0]?.waybill ?? '')).body.data).toMatchObject({ position: { topic: TOPIC, seq: 1 } });
  });

  it('goes to a time by halves instead of reading all that is younger', async () => {
    const oldest = (await search(`publisher=ada&to=${Date.now()}&cursor=${await cursorAt(2)}`)).items[0] as Found;
    const then = oldest.accepted_at;
    const between = await everyPage(`from=${then}&to=${then}`);
    expect(between.map(({ seq }) => seq)).toContain(1);
    expect(between.every(({ accepted_at: at }) => at === then)).toBe(true);
    expect(await everyPage(`from=${then - 10}&to=${then - 1}`)).toEqual([]);
  });

  it('is the same from a terminal', async () => {
    const argv = ['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', gateway.apiKey, 'messages', TOPIC];
    const command = new CommandLine([...argv, '--limit', '2']);
    expect(await command.exit).toBe(0);
    expect(
      command.out
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(' ')[0]),
    ).toEqual([String(MANY + 1), String(MANY)]);
    expect(command.err).toMatch(/Older ones: --cursor \S+:\d+/);
    expect(await new CommandLine([...argv, '--publisher', 'nobody', '--since', '2020-01-01', '--until', '2020-01-02']).exit).toBe(0);
  });

  it.each([
    ['no topic', 'ops/messages', 'query.topic'],
    ['times the wrong way round', `ops/messages?topic=${TOPIC}&from=5&to=4`, 'query.from'],
    ['a cursor of nothing', `ops/messages?topic=${TOPIC}&cursor=x`, 'query.cursor'],
    ['a cursor of another epoch', `ops/messages?topic=${TOPIC}&cursor=other:5`, 'query.cursor'],
  ])('refuses %s', async (_name, path, field) => {
    const { status, body } = await gateway.rest('GET', `/api/v1/${path}`);
    expect([status, body.field]).toEqual([400, field]);
  });
});

/** A fast machine publishes all of them within the slack that is left for clocks, so a page may hold none and have a next one. */
async function everyPage(query: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const page: Page = await search(`${query}${next === '' ? '' : `&cursor=${encodeURIComponent(next)}`}`);
    found.push(...page.items);
    next = page.next;
  }
  return found;
}

async function cursorAt(seq: number): Promise<string> {
  const { next } = await search('limit=1');
  return encodeURIComponent(`${next?.split(':')[0] ?? ''}:${seq}`);
}
