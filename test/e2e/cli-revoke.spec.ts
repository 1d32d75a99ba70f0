import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

async function waybill(...argv: readonly string[]): Promise<CommandLine> {
  const command = new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...argv], '');
  await command.exit;
  return command;
}

describe('waybill', () => {
  it('revoke closes the connections of a user', async () => {
    const socket = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    const command = await waybill('revoke', '--user', 'alice', '--reason', 'lost phone');
    expect([await command.exit, command.err]).toEqual([0, '']);
    expect(command.out).toMatch(/^Revoked \([0-9a-f-]{36}\); kept until 20/);
    expect((await socket.closed).code).toBe(4503);
  });

  it('revoke takes the id of a token and a time, and prints JSON', async () => {
    const id = randomUUID();
    expect(JSON.parse((await waybill('revoke', '--token-id', id, '--json')).out)).toMatchObject({ kind: 'token', token_id: id });
    const before = new Date(Date.now() - 60_000).toISOString();
    const everyone = JSON.parse((await waybill('revoke', '--issued-before', before, '--json')).out) as object;
    expect(everyone).toMatchObject({ kind: 'everyone', issued_before: Date.parse(before) });
    const one = JSON.parse(
      (await waybill('revoke', '--user', 'bob', '--issued-before', String(Date.parse(before)), '--json')).out,
    ) as object;
    expect(one).toMatchObject({ kind: 'user', user: 'bob', issued_before: Date.parse(before) });
  });

  it.each([
    [['revoke'], 2, /Say whose tokens/],
    [['revoke', '--issued-before', 'yesterday'], 2, /must be a date/],
    [['unblock', 'nobody'], 1, /not blocked/],
  ])('%j says what is wrong', async (argv, code, problem) => {
    const command = await waybill(...argv);
    expect(await command.exit).toBe(code);
    expect(command.err).toMatch(problem);
  });

  it('block keeps a user out until unblock', async () => {
    const token = await gateway.token('c/arol');
    const check = async (): Promise<number> =>
      (await gateway.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${token}` })).status;
    expect((await waybill('block', 'c/arol', '--for', '600', '--reason', 'flooding')).out).toMatch(/^c\/arol is blocked until 20/);
    expect(await check()).toBe(403);
    expect((await waybill('unblock', 'c/arol')).out).toBe('c/arol is not blocked any more.\n');
    expect(await check()).toBe(200);
  });
});
