import { afterEach, describe, expect, it } from 'vitest';
import { WaybillClient } from './client.js';
import type { WaybillError } from './errors.js';
import type { ClientOptions } from './options.js';
import { ScriptedServer, type Script } from './spec-support/scripted-server.js';

const servers: ScriptedServer[] = [];
const clients: WaybillClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const server of servers.splice(0)) await server.stop();
});

async function connectTo(script: Script, options: Partial<ClientOptions> = {}): Promise<{ server: ScriptedServer; client: WaybillClient }> {
  const server = await ScriptedServer.start(script);
  servers.push(server);
  const client = new WaybillClient(server.url, { token: 'first', backoff: { minDelayMs: 5, maxDelayMs: 10 }, ...options });
  clients.push(client);
  return { server, client };
}

function failure(client: WaybillClient): Promise<WaybillError> {
  return client.connect().then(
    () => expect.fail('connected'),
    (error: WaybillError) => error,
  );
}

describe('an upgrade that is refused', () => {
  it.each([
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
  ])('ends the client after one look at auth/check, where that says %i %s', async (status, code) => {
    // Not 401: Node's WebSocket repeats such an upgrade by itself (WHATWG Fetch, HTTP-network-or-cache fetch), which would spoil the count.
    const { server, client } = await connectTo({ refuse: () => 403, check: () => [status, code] });
    expect((await failure(client)).code).toBe(code);
    expect(client.state).toBe('closed');
    expect([server.upgrades, server.checks]).toEqual([1, ['Bearer first']]);
  });

  it('for an expired token ends a client that has no other', async () => {
    const { server, client } = await connectTo({ refuse: () => 403, check: () => [401, 'TOKEN_EXPIRED'] });
    expect(await failure(client)).toMatchObject({ code: 'TOKEN_EXPIRED', message: expect.stringContaining('function') as string });
    expect(server.upgrades).toBe(1);
  });

  it('for an expired token makes a client fetch another', async () => {
    const reasons: string[] = [];
    const token = (reason: string): string => `token-${reasons.push(reason)}`;
    const { server, client } = await connectTo(
      { refuse: (count) => (count === 1 ? 403 : undefined), check: () => [401, 'TOKEN_EXPIRED'] },
      { token },
    );
    await client.connect();
    expect(reasons).toHaveLength(2);
    const offered = server.protocols.map((list) => Buffer.from(list.split('bearer.')[1] ?? '', 'base64url').toString());
    expect(offered).toEqual(['token-1', 'token-2']);
  });

  it.each([
    [503, 503, 'UNAVAILABLE'],
    [429, 429, 'RATE_LIMITED'],
    [503, 200, 'OK'],
    [502, 502, 'not of the registry'],
  ])('with %i where auth/check says %i %s is tried again', async (status, checkStatus, code) => {
    const { server, client } = await connectTo({ refuse: (count) => (count < 3 ? status : undefined), check: () => [checkStatus, code] });
    await client.connect();
    expect(server.upgrades).toBe(3);
  });

  it('waits for a server that is away, and says so', async () => {
    const { server, client } = await connectTo({});
    await server.stop();
    servers.splice(0);
    const cause = await new Promise<WaybillError>((resolve) => {
      client.on('retrying', (retry) => resolve(retry.cause));
      client.connect().catch(() => undefined);
    });
    expect(cause.code).toBe('UNREACHABLE');
    expect(client.state).toBe('waiting');
  });

  it.each(['', 'no address', 'ftp://host', 'http://host?token=x', 'http://user:pass@host'])('the address %j is a TypeError', (address) => {
    expect(() => new WaybillClient(address, { token: 't' })).toThrow(TypeError);
  });
});
