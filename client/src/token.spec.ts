import { describe, expect, it } from 'vitest';
import { WaybillError } from './errors.js';
import { simulate } from './spec-support/simulation.js';
import { SimulatedRefusal } from './testing/simulated-session.js';

function offeredTokens(offered: readonly (readonly string[])[]): readonly string[] {
  return offered.map(([, bearer]) => Buffer.from(bearer?.slice('bearer.'.length) ?? '', 'base64url').toString());
}

describe('a token', () => {
  it('travels as a subprotocol, unpadded base64url, whatever is in it', async () => {
    const { client, gateway } = simulate({ token: 'ä?>~ünïcode' });
    await client.connect();
    expect(gateway.offered[0]?.[0]).toBe('waybill.v1');
    expect(gateway.offered[0]?.[1]).toMatch(/^bearer\.[A-Za-z0-9_-]+$/);
    expect(offeredTokens(gateway.offered)).toEqual(['ä?>~ünïcode']);
  });

  it('is refreshed before it expires, again and again, on the same connection', async () => {
    const reasons: string[] = [];
    const { client, gateway, clock, events } = simulate({ token: (reason) => `token-${reasons.push(reason)}` }, { tokenLifeMs: 60_000 });
    await client.connect();
    await clock.advance(200_000);
    expect(reasons).toEqual(['connect', 'expiring', 'expiring', 'expiring', 'expiring']);
    expect(events).toEqual(['connected']);
    expect(gateway.frames.filter(({ action }) => action === 'auth.refresh').map(({ data }) => data)).toEqual([
      { token: 'token-2' },
      { token: 'token-3' },
      { token: 'token-4' },
      { token: 'token-5' },
    ]);
  });

  it('is refreshed at once when the server says auth.expiring, and only once', async () => {
    const reasons: string[] = [];
    const { client, gateway, clock } = simulate({ token: (reason) => `token-${reasons.push(reason)}` });
    await client.connect();
    gateway.session.notice('auth.expiring', { expires_at: clock.now() + 30_000 });
    gateway.session.notice('auth.expiring', { expires_at: clock.now() + 30_000 });
    await clock.advance(0);
    expect(reasons.filter((reason) => reason === 'expiring').length).toBeLessThanOrEqual(2);
    expect(gateway.frames.filter(({ action }) => action === 'auth.refresh')[0]?.data).toEqual({ token: 'token-2' });
  });

  it('whose refresh fails is tried again, and the failure told', async () => {
    let calls = 0;
    const token = (): string => {
      calls += 1;
      if (calls === 2) throw new Error('backend away');
      return `token-${calls}`;
    };
    const { client, clock, events, gateway } = simulate({ token }, { tokenLifeMs: 60_000 });
    await client.connect();
    await clock.advance(59_000);
    expect(events).toEqual(['connected', 'error:TOKEN_FAILED']);
    expect(gateway.frames.filter(({ action }) => action === 'auth.refresh')).toHaveLength(1);
  });

  it('that is known to be over is not offered again after a long absence', async () => {
    const reasons: string[] = [];
    const { client, gateway, clock } = simulate({ token: (reason) => `token-${reasons.push(reason)}` }, { tokenLifeMs: 3_600_000 });
    await client.connect();
    gateway.cut();
    await clock.advance(3_700_000);
    gateway.restore();
    await clock.advance(20_000);
    expect(client.state).toBe('open');
    expect(offeredTokens(gateway.offered).at(-1)).not.toBe('token-1');
    expect(reasons.slice(1)).toContain('expired');
  });

  it('given by a callback that throws is asked for again with back-off', async () => {
    let calls = 0;
    const token = async (): Promise<string> => {
      calls += 1;
      if (calls < 3) throw new Error('backend away');
      return Promise.resolve('token');
    };
    const { client, clock, events } = simulate({ token });
    client.connect().catch(() => undefined);
    await clock.advance(5_000);
    expect(events).toEqual(['error:TOKEN_FAILED', 'retrying:250', 'error:TOKEN_FAILED', 'retrying:500', 'connected']);
  });

  it.each([
    ['answers nothing', (): undefined => undefined, 'UNAUTHENTICATED'],
    ['answers an empty text', (): string => '', 'UNAUTHENTICATED'],
    [
      'says that the user may not',
      (): string => {
        throw new WaybillError('PERMISSION_DENIED', 'logged out');
      },
      'PERMISSION_DENIED',
    ],
  ] as const)('whose callback %s ends the client', async (_, token, code) => {
    const { client, events, gateway } = simulate({ token });
    await expect(client.connect()).rejects.toMatchObject({ code });
    expect(events).toEqual([`closed:${code}`]);
    expect(gateway.attempts).toEqual([]);
  });

  it('that expired on the open socket ends a client that has no other, and renews one that has', async () => {
    const fixed = simulate();
    await fixed.client.connect();
    fixed.gateway.session.close(4401, 'token expired');
    await fixed.clock.advance(60_000);
    expect(fixed.events).toEqual(['connected', 'disconnected:4401', 'closed:TOKEN_EXPIRED']);
    const reasons: string[] = [];
    const fetching = simulate({ token: (reason) => `token-${reasons.push(reason)}` });
    await fetching.client.connect();
    fetching.gateway.session.close(4401, 'token expired');
    await fetching.clock.advance(60_000);
    expect(fetching.events).toEqual(['connected', 'disconnected:4401', 'retrying:250', 'reconnected']);
    expect(offeredTokens(fetching.gateway.offered)).toEqual(['token-1', 'token-2']);
  });

  it('can be replaced by hand: the server is told, and its refusal rejects', async () => {
    const { client, gateway, clock } = simulate();
    await client.connect();
    await client.setToken('token-2');
    gateway.session.close(1012);
    await clock.advance(5_000);
    expect(offeredTokens(gateway.offered)).toEqual(['token-1', 'token-2']);
    gateway.handle('auth.refresh', () => {
      throw new SimulatedRefusal('UNAUTHENTICATED', 'not a token');
    });
    await expect(client.setToken('token-3')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('a ticket', () => {
  const ticketsOf = (addresses: readonly string[]): readonly (string | null)[] =>
    addresses.map((address) => new URL(address).searchParams.get('ticket'));

  it('is fetched for each connection, and stands in its address alone', async () => {
    let given = 0;
    const { client, gateway, clock, events } = simulate({ token: { ticket: () => `ticket-${(given += 1)}` } });
    await client.connect();
    gateway.session.close(4401, 'the session of this operator is over');
    await clock.advance(60_000);
    expect(events).toEqual(['connected', 'disconnected:4401', 'retrying:250', 'reconnected']);
    expect(ticketsOf(gateway.addresses)).toEqual(['ticket-1', 'ticket-2']);
    expect(gateway.offered).toEqual([['waybill.v1'], ['waybill.v1']]);
  });

  it('is not renewed on an open connection, which ends when it expires', async () => {
    const { client, gateway, clock } = simulate({ token: { ticket: () => 'ticket' } }, { tokenLifeMs: 60_000 });
    await client.connect();
    gateway.session.notice('auth.expiring', { expires_at: clock.now() + 30_000 });
    await clock.advance(59_000);
    expect(gateway.frames.map(({ action }) => action)).not.toContain('auth.refresh');
  });

  it('whose callback answers nothing ends the client', async () => {
    const { client, gateway } = simulate({ token: { ticket: (): undefined => undefined } });
    await expect(client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(gateway.attempts).toEqual([]);
  });

  it('that did not open a connection is not asked about: another one is fetched', async () => {
    let given = 0;
    const { client, gateway, clock } = simulate({ token: { ticket: () => `ticket-${(given += 1)}` } });
    gateway.cut();
    client.connect().catch(() => undefined);
    await clock.advance(1_000);
    gateway.restore();
    await clock.advance(60_000);
    expect(client.state).toBe('open');
    expect(new Set(ticketsOf(gateway.addresses)).size).toBe(gateway.addresses.length);
    expect(given).toBeGreaterThan(1);
  });
});
