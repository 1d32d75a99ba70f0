import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.js';

const run = promisify(execFile);

/** The devices of docs/devices.md that are not written in TypeScript. */
describe('the scripts of docs/devices.md', () => {
  let gateway: TestGateway;
  let address: string;
  let folder: string;

  beforeAll(async () => {
    gateway = await startGateway();
    address = `http://127.0.0.1:${gateway.port}`;
    folder = await mkdtemp(join(tmpdir(), 'waybill-device-'));
  });
  afterAll(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function keyFile(device: string, key: string): Promise<string> {
    await writeFile(join(folder, device), key);
    return join(folder, device);
  }

  async function userOf(token: string): Promise<unknown> {
    const { body } = await gateway.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${token.trim()}` });
    return (body.data as { user: string }).user;
  }

  it('pump.sh prints a token', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    await gateway.rest('POST', '/api/v1/devices', { id: 'pump-7', kind: 'ed25519', public_key: pem });
    const key = await keyFile('pump-7', String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
    const { stdout } = await run('sh', ['examples/devices/pump.sh', address, 'pump-7', key]);
    expect(await userOf(stdout)).toBe('device:pump-7');
  });

  it('lamp.py prints a token, and fails with a wrong key', async () => {
    const made = await gateway.rest('POST', '/api/v1/devices', { id: 'lamp-3', kind: 'hmac', user: 'caretaker' });
    const { secret } = made.body.data as { secret: string };
    const { stdout } = await run('python3', ['examples/devices/lamp.py', address, 'lamp-3', await keyFile('lamp-3', `${secret}\n`)]);
    expect(await userOf(stdout)).toBe('caretaker');
    const wrong = await keyFile('wrong', 'A'.repeat(43));
    await expect(run('python3', ['examples/devices/lamp.py', address, 'lamp-3', wrong])).rejects.toThrow(/401/);
  });
});
