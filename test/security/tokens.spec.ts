import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';
import { signToken, type TokenRecipe } from '../support/tokens.js';
import { type Attempt, attemptUpgrade, attemptWith } from '../support/upgrade-attempt.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const sign = (recipe: TokenRecipe = {}): Promise<string> => signToken({ key: createSecretKey(Buffer.from(TEST_JWT_SECRET)), ...recipe });
const encoded = (token: string): string => `bearer.${Buffer.from(token).toString('base64url')}`;

const attempt = (path: string, protocols: readonly string[], headers: Readonly<Record<string, string>> = {}): Promise<Attempt> =>
  attemptUpgrade(gateway.port, path, protocols, headers);
const byHeader = (token: string): Promise<Attempt> => attemptWith(gateway.port, token);

describe('the ways in', () => {
  it('take a token by header, by subprotocol, by ticket and by frame', async () => {
    const token = await sign();
    const bySubprotocol = await attempt('/ws', ['waybill.v1', encoded(token)]);
    expect([(await byHeader(token)).status, bySubprotocol.status]).toEqual([101, 101]);
    expect(bySubprotocol.protocol).toBe('waybill.v1');
    const answer = await gateway.rest('POST', '/api/v1/auth/tickets', undefined, { authorization: `Bearer ${token}` });
    expect((await attempt(`/ws?ticket=${(answer.body.data as { ticket: string }).ticket}`, ['waybill.v1'])).status).toBe(101);
    const socket = await TestSocket.connect(gateway.port, undefined);
    expect(await socket.request('auth', { token })).toMatchObject({ code: 'OK', data: { user: 'alice' } });
    socket.socket.terminate();
  });

  it('let one of two in who bring the same ticket at once', async () => {
    const token = await sign();
    for (let round = 0; round < 10; round += 1) {
      const answer = await gateway.rest('POST', '/api/v1/auth/tickets', undefined, { authorization: `Bearer ${token}` });
      const { ticket } = answer.body.data as { ticket: string };
      const attempts = await Promise.all([1, 2].map(() => attempt(`/ws?ticket=${ticket}`, ['waybill.v1'])));
      expect(attempts.map(({ status }) => status).sort()).toEqual([101, 401]);
    }
  });

  it.each([
    ['a token in the URL', (token: string) => attempt(`/ws?token=${token}`, ['waybill.v1']), 400],
    ['a bearer subprotocol alone', (token: string) => attempt('/ws', [encoded(token)]), 400],
    ['an API key', () => attempt('/ws', ['waybill.v1'], { authorization: `Bearer ${TEST_API_KEY}` }), 401],
    ['an API key of its own header', () => attempt('/ws', ['waybill.v1'], { 'x-api-key': TEST_API_KEY }), 401],
    ['a ticket that nobody issued', () => attempt('/ws?ticket=abc', ['waybill.v1']), 401],
  ])('do not take %s, and do not repeat it', async (_name, tried, status) => {
    const token = await sign();
    const answer = await tried(token);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(token.slice(0, 20));
    expect(answer.text).not.toContain(TEST_API_KEY);
  });
});

describe('a bad token', () => {
  it.each([
    ['forged', { key: createSecretKey(Buffer.alloc(32, 1)) }, 'UNAUTHENTICATED', 4501],
    ['expired', { claims: { exp: 1 } }, 'TOKEN_EXPIRED', 4401],
  ])('that is %s, in the auth frame, is answered and closes the socket', async (_name, recipe, code, close) => {
    const socket = await TestSocket.connect(gateway.port, undefined);
    expect((await socket.request('auth', { token: await sign(recipe) }))['code']).toBe(code);
    expect((await socket.closed).code).toBe(close);
  });

  it('of another user does not refresh a connection', async () => {
    const socket = await TestSocket.connect(gateway.port, await sign());
    expect((await socket.request('auth.refresh', { token: await sign({ claims: { sub: 'bob' } }) }))['code']).toBe('PERMISSION_DENIED');
    expect((await socket.request('auth.refresh', { token: await sign() }))['code']).toBe('OK');
    socket.socket.terminate();
  });
});
