import type { ModuleRef } from '@nestjs/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectionView, ScriptedGateway } from '../../../test/support/scripted-gateway.js';
import { Config } from '../../config/config.js';
import { type ConnectionQuery, type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import { type ConnectionSpan, LedgerReader } from '../../messaging/ledger/ledger-reader.js';
import { MemoryLedger } from '../../messaging/ledger/memory-ledger.js';
import type { Receipt } from '../../messaging/ledger/receipt.js';
import { Refusal } from '../../protocol/refusal.js';
import { EveryNode } from '../nodes/every-node.js';
import { ConnectionSearch } from './connection-search.js';

const id = (n: number): string => `0000000a-0000-4000-8000-${String(n).padStart(12, '0')}`;

function record(n: number, changes: Partial<ConnectionView> = {}): ConnectionRecord {
  const closed: Partial<ConnectionView> =
    changes.state === 'open' ? {} : { closed_at: 10_000 + n, close: { code: 1006, reason: 'connection lost', initiator: 'network' } };
  const view = connectionView({
    id: id(n),
    ref: `REF0-${String(n).padStart(4, '0')}`,
    user: `u${n % 3}`,
    state: 'closed',
    client: 'web/1.2',
    opened_at: 1_000 + n,
    age_ms: n,
    ...closed,
    ...changes,
  });
  return { view, events: [{ at: 1_000 + n, kind: 'connected' }], forgotten: 0 };
}

const receipt = (connection: string, topic: string): Receipt => ({
  no: 1,
  topic,
  epoch: 'e',
  connection,
  user: 'u9',
  openedAt: 5,
  after: 0,
  recoveredTo: 0,
  offered: 3,
  handed: 3,
  written: 3,
  acked: 0,
  lagged: false,
  exceptions: [],
  head: 3,
  closedAt: undefined,
});

/** Open ones, and some that closed lately. */
let memory: ScriptedGateway;
let ledger: MemoryLedger;
let search: ConnectionSearch;

beforeEach(() => {
  memory = new ScriptedGateway();
  ledger = new MemoryLedger();
  search = searchWith(ledger);
});

function searchWith(reader: LedgerReader | undefined): ConnectionSearch {
  const modules = { get: (token: unknown) => (token === GatewayControl ? memory : token === LedgerReader ? reader : undefined) };
  return new ConnectionSearch(modules as unknown as ModuleRef, new EveryNode(modules as unknown as ModuleRef, Config.from({})));
}

const remember = (...records: readonly ConnectionRecord[]): void => memory.add(...records);
const keep = (...records: readonly ConnectionRecord[]): void => records.forEach((each) => ledger.connectionClosed(each));

async function pages(
  query: Partial<ConnectionQuery & ConnectionSpan>,
  between: (page: number) => void = () => undefined,
): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let page = 1; page < 50; page += 1) {
    const { items, next } = await search.list({ state: 'closed', sort: '-closed_at', limit: 3, filters: {}, ...query, cursor });
    found.push(...items.map((view) => view.id));
    between(page);
    if (next === undefined) return found;
    cursor = next;
  }
  throw new Error('the pages do not end');
}

const ids = (...numbers: readonly number[]): readonly string[] => numbers.map(id);
const down = (from: number, to: number): readonly string[] => ids(...Array.from({ length: from - to + 1 }, (_, n) => from - n));

describe('the list of connections', () => {
  it('is one of memory and ledger, each connection once, by pages', async () => {
    keep(...Array.from({ length: 15 }, (_, n) => record(n)));
    remember(...Array.from({ length: 8 }, (_, n) => record(n + 10)), record(99, { state: 'open' }));
    expect(await pages({})).toEqual(down(17, 0));
    expect(await pages({ sort: 'opened_at' })).toEqual([...down(17, 0)].reverse());
    expect(await pages({ sort: 'user', limit: 4 })).toHaveLength(18);
    expect(await pages({ state: 'all', sort: '-opened_at' })).toEqual([id(99), ...down(17, 0)]);
    expect(await pages({ filters: { user: 'u1' } })).toEqual(ids(16, 13, 10, 7, 4, 1));
    expect(await pages({ from: 10_004, to: 1_009 })).toEqual(down(9, 4));
  });

  it('keeps its order where a page of the ledger ends early', async () => {
    const all = Array.from({ length: 30 }, (_, n) => record(n));
    keep(...all.filter((_, n) => n % 2 === 0));
    remember(...all.filter((_, n) => n % 2 === 1));
    // A search that gives up after two rows, whatever is asked of it.
    const whole = ledger.closedConnections.bind(ledger);
    ledger.closedConnections = (query) => whole({ ...query, limit: Math.min(query.limit, 2) });
    expect(await pages({ limit: 5 })).toEqual(down(29, 0));
  });

  it('repeats and hides nobody while connections close and are forgotten', async () => {
    keep(...Array.from({ length: 6 }, (_, n) => record(n)));
    remember(
      ...Array.from({ length: 6 }, (_, n) => record(n + 6)),
      ...Array.from({ length: 4 }, (_, n) => record(n + 20, { state: 'open' })),
    );
    const close = (page: number): void => {
      remember(record(19 + page));
      keep(record(19 + page), record(6 + page), record(7 + page));
      memory.records.delete(id(6 + page));
    };
    expect(await pages({ state: 'all', sort: '-opened_at' }, close)).toEqual([...down(23, 20), ...down(11, 0)]);
  });

  it('has the one that closes while the ledger is asked once, as closed', async () => {
    remember(record(1, { state: 'open' }));
    const whole = ledger.closedConnections.bind(ledger);
    ledger.closedConnections = async (query) => {
      remember(record(1));
      keep(record(1));
      return whole(query);
    };
    const { items } = await search.list({ state: 'all', sort: '-opened_at', limit: 10, cursor: undefined, filters: {} });
    expect(items).toMatchObject([{ id: id(1), state: 'closed', closed_at: 10_001 }]);
  });

  it('has the one that memory forgets while the ledger is asked', async () => {
    remember(record(1));
    ledger.closedConnections = () => {
      memory.records.clear();
      return Promise.resolve({ items: [], next: undefined });
    };
    expect(await pages({})).toEqual([id(1)]);
  });

  it('says what is missing while the database is away', async () => {
    remember(record(1), record(2, { state: 'open' }));
    ledger.closedConnections = () => Promise.reject(new Refusal('UNAVAILABLE', 'the database gave no answer'));
    const query = { sort: '-opened_at', limit: 10, cursor: undefined, filters: {} } as const;
    expect(await search.list({ ...query, state: 'all' })).toMatchObject({
      items: [{ id: id(2) }, { id: id(1) }],
      complete: false,
      why: expect.stringContaining('the database gave no answer') as string,
    });
    expect(await search.list({ ...query, state: 'open' })).toMatchObject({ items: [{ id: id(2) }], complete: true });
    expect(await searchWith(undefined).list({ ...query, state: 'closed' })).toMatchObject({ items: [{ id: id(1) }], complete: false });
  });

  it('hands on what the ledger refuses', async () => {
    ledger.closedConnections = () => Promise.reject(Refusal.badRequest('sort', 'by closed_at or opened_at alone'));
    await expect(pages({ sort: 'user' })).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'sort' });
  });
});

describe('one connection', () => {
  it.each<[string, () => void]>([
    ['in memory', () => remember(record(7))],
    ['in the ledger', () => keep(record(7))],
  ])('is found by id and by ref, in any case, %s', async (_where, place) => {
    place();
    for (const name of [id(7), id(7).toUpperCase(), 'REF0-0007', 'ref0-0007', ' ref0-0007 '])
      expect(await search.one(name)).toEqual(record(7));
  });

  it('is the open one where a ref was given twice', async () => {
    keep(record(7), record(8, { ref: 'REF0-0007' }));
    expect(await search.one('REF0-0007')).toMatchObject({ view: { id: id(8) } });
    remember(record(5, { ref: 'REF0-0007', state: 'open' }));
    expect(await search.one('REF0-0007')).toMatchObject({ view: { id: id(5) } });
  });

  it('is known by its receipts where its node was lost', async () => {
    ledger.closed(receipt(id(9), 'chat.a'));
    ledger.store.runOf(ledger.run).lostAt = Date.now();
    search = searchWith(new MemoryLedger(ledger.store));
    expect(await search.one(id(9))).toMatchObject({ state: 'lost', user: 'u9', node: 'node-1', subscribed_at: 5, topics: ['chat.a'] });
  });

  it.each(['nobody', id(1), 'REF0-0001', "' or 1=1", ''])('is none: %s', async (name) => {
    await expect(search.one(name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is not said to be none while the database is away', async () => {
    ledger.closedConnection = () => Promise.reject(new Refusal('UNAVAILABLE', 'the database gave no answer'));
    ledger.closedConnections = () => Promise.reject(new Refusal('UNAVAILABLE', 'the database gave no answer'));
    for (const name of [id(1), 'REF0-0001']) await expect(search.one(name)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
