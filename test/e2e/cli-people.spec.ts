import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

function waybill(argv: readonly string[], stdin = '', key = TEST_API_KEY): CommandLine {
  return new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', key, ...argv], stdin);
}

async function printed(argv: readonly string[], stdin = ''): Promise<string> {
  const command = waybill(argv, stdin);
  expect([await command.exit, command.err]).toEqual([0, expect.any(String)]);
  return command.out.trim();
}

const status = async (name: string, password: string): Promise<number> =>
  (await new OperatorSession(gateway.port).signIn(name, password)).status;
const checked = async (key: string): Promise<number> =>
  (await gateway.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${key}` })).status;

describe('waybill operators', () => {
  it('makes accounts that can sign in, with a password made up or given', async () => {
    expect(await status('ann', await printed(['operators', 'add', 'ann', '--role', 'operator']))).toBe(201);
    expect(await printed(['operators', 'add', 'bob', '--password-stdin'], 'a password from a pipe\n')).toBe('');
    expect(await status('bob', 'a password from a pipe')).toBe(201);
    const list = await printed(['operators', 'list']);
    expect(list).toMatch(/^NAME +ROLE +STATE/);
    expect(list).toMatch(/^ann +operator +enabled +\d{4}-.*Z +\d{4}-.*Z$/m);
    expect(list).toMatch(/^bob +viewer /m);
  });

  it('changes roles and passwords, disables, enables and removes', async () => {
    const first = await printed(['operators', 'add', 'cid']);
    expect(await printed(['operators', 'role', 'cid', 'admin', '--json'])).toContain('"role":"admin"');
    const second = await printed(['operators', 'password', 'cid']);
    expect([await status('cid', first), await status('cid', second)]).toEqual([401, 201]);
    await printed(['operators', 'disable', 'cid']);
    expect(await status('cid', second)).toBe(401);
    await printed(['operators', 'enable', 'cid']);
    expect(await status('cid', second)).toBe(201);
    await printed(['operators', 'remove', 'cid']);
    expect(await status('cid', second)).toBe(401);
  });

  it.each([
    ['the last admin', ['operators', 'remove', 'admin'], '', 1, /CONFLICT: This is the last admin/],
    ['nobody', ['operators', 'disable', 'nobody'], '', 1, /NOT_FOUND/],
    ['an unknown role', ['operators', 'role', 'ann', 'king'], '', 2, /viewer, operator, admin/],
    ['an empty password', ['operators', 'add', 'dan', '--password-stdin'], '\n', 2, /no password on standard input/],
    ['a short password', ['operators', 'add', 'dan', '--password-stdin'], 'short\n', 1, /password: must be at least 12/],
  ])('refuses %s with a sentence', async (_name, argv, stdin, exit, says) => {
    const command = waybill(argv, stdin);
    expect([await command.exit, command.err]).toEqual([exit, expect.stringMatching(says)]);
  });
});

describe('waybill keys', () => {
  it('makes a key, rotates it with both secrets good for a while, and revokes both', async () => {
    const first = await printed(['keys', 'add', 'shop', '--scope', 'publish', 'read', '--days', '30']);
    expect(first).toMatch(/^wbk_/);
    const second = await printed(['keys', 'rotate', 'shop', '--overlap', '3600']);
    expect([await checked(first), await checked(second)]).toEqual([200, 200]);
    expect(await printed(['keys', 'list'])).toMatch(/^[0-9a-f-]{36} +shop +publish,read +two secrets until \S+Z +\S+Z +127\.0\.0\.1$/m);
    const third = await printed(['keys', 'rotate', 'shop', '--overlap', '0']);
    expect([await checked(first), await checked(second), await checked(third)]).toEqual([401, 401, 200]);
    await printed(['keys', 'revoke', 'shop']);
    expect(await checked(third)).toBe(401);
    expect(await printed(['keys', 'list'])).not.toContain('shop');
    expect(await printed(['keys', 'list', '--all'])).toMatch(/ shop .* revoked /);
  });

  it.each([
    ['a key that is not there', ['keys', 'revoke', 'none'], 2, /no key in use/],
    ['the key of the settings', ['keys', 'rotate', 'bootstrap'], 1, /change WAYBILL_API_KEY/],
    ['an unknown scope', ['keys', 'add', 'x', '--scope', 'root'], 2, /publish, read, tokens, ops, admin/],
    ['no scope', ['keys', 'add', 'x'], 2, /--scope/],
  ])('refuses %s with a sentence', async (_name, argv, exit, says) => {
    const command = waybill(argv);
    expect([await command.exit, command.err]).toEqual([exit, expect.stringMatching(says)]);
  });
});
