import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketServer } from '../../test/support/socket-server.js';
import { TestSocket } from '../../test/support/socket.js';
import { type ConnectionQuery, GatewayControl } from '../messaging/gateway-control.js';
import type { ConnectionSpan } from '../messaging/ledger/ledger-reader.js';
import { ConnectionPlaces } from './connection-places.js';

type Asked = ConnectionQuery & ConnectionSpan;
const query = (changes: Partial<Asked> = {}): Asked => ({
  state: 'open',
  sort: 'user',
  limit: 100,
  cursor: undefined,
  filters: {},
  ...changes,
});

describe('what operators see', () => {
  let server: SocketServer;
  let control: GatewayControl;
  const users = ['u1', 'u2', 'u3', 'u4', 'u5'];

  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_RESUME_WAIT_MS: '0', WAYBILL_NODE_ID: 'node-7' } });
    control = server.app.get(GatewayControl);
    for (const user of users) {
      const socket = await TestSocket.connect(server.port, server.token(user), { path: `/ws?client=${user}/1.0` });
      await socket.request('topic.subscribe', { topics: [{ topic: `rooms.${user}` }] });
    }
  });
  afterAll(() => server.close());

  it('is a connection as it stands', () => {
    const [view] = control.connections(query({ filters: { user: 'u1' } })).items;
    expect(view).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      ref: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/) as string,
      user: 'u1',
      state: 'open',
      address: '127.0.0.1',
      client: 'u1/1.0',
      node: 'node-7',
      protocol: 'ws',
      frames_in: 1,
      frames_out: 2,
      queued_bytes: 0,
      topics: ['$user.u1', '$all', 'rooms.u1'],
    });
    expect(control.connection(view?.id ?? '')).toMatchObject({ user: 'u1' });
    expect(control.counts()).toEqual({
      connections: 5,
      authenticating: 0,
      queuedBytes: 0,
      maxQueuedBytes: 0,
      oldestQueuedMs: 0,
      slow: 0,
      subscriptions: 15,
    });
  });

  it.each<[string, Partial<Asked>, readonly string[]]>([
    ['all, by user', {}, users],
    ['descending', { sort: '-user' }, [...users].reverse()],
    ['by topic', { filters: { topic: 'rooms.u3' } }, ['u3']],
    ['by client', { filters: { client: 'u4/1.0' } }, ['u4']],
    ['by a client of any version', { filters: { client: 'u4' } }, ['u4']],
    ['by part of a client', { filters: { client: 'u' } }, []],
    ['by when they were open', { from: 1 }, users],
    ['by when they were not', { to: 1 }, []],
    ['by how they ended', { code: 4400 }, []],
    ['by address', { filters: { address: '10.0.0.1' } }, []],
    ['by node', { filters: { node: 'node-7' }, sort: 'opened_at' }, users],
  ])('can be listed %s', (_case, changes, expected) => {
    expect(control.connections(query(changes)).items.map((view) => view.user)).toEqual(expected);
  });

  it.each(['user', '-user', 'opened_at', '-frames_in'])('can be paged by %s without repeating or hiding any', (sort) => {
    const seen: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = control.connections(query({ sort, limit: 2, cursor }));
      seen.push(...page.items.map((view) => view.user));
      cursor = page.next;
    } while (cursor !== undefined);
    expect([...seen].sort()).toEqual(users);
  });

  it.each<[Partial<ConnectionQuery>, string]>([
    [{ sort: 'password' }, 'sort'],
    [{ cursor: 'nonsense' }, 'cursor'],
  ])('refuses %j', (changes, field) => {
    expect(() => control.connections(query(changes))).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', field }) as Error);
  });

  it('can be closed, with the reason an operator gives, and is still seen afterwards', async () => {
    const socket = await server.connect('leaver');
    const [view] = control.connections(query({ filters: { user: 'leaver' } })).items;
    const id = view?.id ?? '';
    expect(control.disconnect(id, 'DISCONNECTED', 'misbehaved')).toBe(true);
    expect(await socket.closed).toEqual({ code: 4400, reason: 'misbehaved' });
    await expect.poll(() => control.connection(id)?.state).toBe('closed');
    expect(control.connections(query({ state: 'closed', filters: { user: 'leaver' } })).items).toMatchObject([
      { id, closed_at: expect.any(Number) as number, close: { code: 4400, reason: 'disconnected by an operator', initiator: 'server' } },
    ]);
    expect([control.disconnect(id, 'DISCONNECTED'), control.disconnect('nobody', 'DISCONNECTED')]).toEqual([false, false]);
  });

  it('ends with nothing left over, however connections ended', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, (_, index) => server.connect(`many-${index % 4}`)));
    sockets.forEach((socket, index) => (index % 2 === 0 ? socket.socket.terminate() : socket.socket.close()));
    await expect.poll(() => server.registry.size).toBe(users.length);
    for (let index = 0; index < 4; index += 1) expect(server.app.get(ConnectionPlaces).takenBy(`many-${index}`)).toBe(0);
    expect(server.telemetry.of('connectionClosed')).toHaveLength(server.telemetry.of('connectionOpened').length - users.length);
    const initiators = server.telemetry.of('connectionClosed').map(([, close]) => (close as { initiator: string }).initiator);
    expect(
      [initiators.filter((initiator) => initiator === 'network'), initiators.filter((initiator) => initiator === 'client')].map(
        (list) => list.length,
      ),
    ).toEqual([10, 10]);
  });
});
