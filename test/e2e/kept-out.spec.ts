import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CommandLine } from '../support/command-line.js';
import { TEST_API_KEY, TEST_JWT_SECRET } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';
import { signToken } from '../support/tokens.js';

const REASON = 'their phone was stolen';

let database: TestDatabase;
let program: Program;
let token: string;

beforeAll(async () => {
  database = await migratedDatabase();
  program = await Program.start({
    env: { DATABASE_URL: database.url, WAYBILL_API_KEY: TEST_API_KEY, WAYBILL_JWT_SECRET: TEST_JWT_SECRET },
  });
  token = await signToken({ key: createSecretKey(Buffer.from(TEST_JWT_SECRET)), claims: { sub: 'mallory' } });
});
afterAll(async () => {
  await program.dispose();
  await database.drop();
});

function waybill(...argv: readonly string[]): CommandLine {
  return new CommandLine(['--url', `http://127.0.0.1:${program.port}`, '--api-key', TEST_API_KEY, ...argv]);
}

/** The status and body that an upgrade is refused with. */
function refusedUpgrade(): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${program.port}/ws`, 'waybill.v1', { headers: { authorization: `Bearer ${token}` } });
    socket.on('error', () => undefined);
    socket.once('open', () => reject(new Error('it was let in')));
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
  });
}

describe('a user whose tokens are revoked', () => {
  it('loses three open sockets within two seconds and is not let in again; trail, refusals and log say who did it, and why', async () => {
    const sockets = await Promise.all(Array.from({ length: 3 }, () => TestSocket.connect(program.port, token)));
    const began = performance.now();
    const revoking = waybill('revoke', '--user', 'mallory', '--reason', REASON);
    const closes = await Promise.all(sockets.map(({ closed }) => closed));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await revoking.exit).toBe(0);
    for (const close of closes) expect(close).toEqual({ code: 4503, reason: expect.stringContaining('tokens of this user were revoked') });

    const refused = await refusedUpgrade();
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body)).toMatchObject({
      code: 'UNAUTHENTICATED',
      rule: 'revocation.user',
      message: expect.stringContaining('sign in again'),
    });
    // Why is for operators, not for whoever holds the token.
    expect(refused.body).not.toContain('stolen');

    const { items: trail } = (await waybill('audit', 'list', '--action', 'revocation.create', '--json').json()) as { items: unknown[] };
    expect(trail).toEqual([
      expect.objectContaining({
        actor: expect.stringMatching(/^key:/),
        action: 'revocation.create',
        result: 'OK',
        address: '127.0.0.1',
        after: expect.objectContaining({ user: 'mallory', reason: REASON }),
      }),
    ]);
    expect(await waybill('audit', 'verify').exit).toBe(0);

    const refusals = (await waybill('refusals', '--user', 'mallory', '--json').json()) as { items: unknown[] };
    expect(refusals.items).toContainEqual(
      expect.objectContaining({
        kind: 'connect',
        code: 'UNAUTHENTICATED',
        rule: 'revocation.user',
        user: 'mallory',
        message: expect.stringContaining('were revoked'),
      }),
    );
    await expect
      .poll(() => program.output)
      .toMatch(new RegExp(`tokens of user mallory issued before .* were revoked by key:\\S+, because: ${REASON}`));
  });
});
