import { execFile } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deviceToken, WaybillClient } from '@waybill/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { hmacSigner, prove, tokenOf } from '../support/device.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';

const run = promisify(execFile);

/** The devices of docs/devices.md, registered and run as the page says. */
describe('the devices of docs/devices.md', () => {
  let gateway: TestGateway;
  let address: string;
  let folder: string;
  let privateKey: string;
  let sharedKey: string;

  beforeAll(async () => {
    gateway = await startGateway();
    address = `http://127.0.0.1:${gateway.port}`;
    folder = await mkdtemp(join(tmpdir(), 'waybill-device-'));
    privateKey = join(folder, 'pump-7.pem');
    const pair = generateKeyPairSync('ed25519');
    await writeFile(privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(join(folder, 'pump-7.pub'), pair.publicKey.export({ type: 'spki', format: 'pem' }));
    const pump = waybill('add', 'pump-7', '--public-key', join(folder, 'pump-7.pub'), '--publish', 'pumps.7');
    expect([await pump.exit, pump.out]).toEqual([0, '']);
    const lamp = waybill('add', 'lamp-3', '--hmac', '--subscribe', 'lamps.*', '--role', 'lamp');
    expect(await lamp.exit, lamp.err).toBe(0);
    sharedKey = lamp.out.trim();
  });
  afterAll(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function waybill(...argv: readonly string[]): CommandLine {
    return new CommandLine(['--url', address, '--api-key', TEST_API_KEY, 'devices', ...argv], 'no\n');
  }

  async function checked(token: string): Promise<unknown> {
    return (await gateway.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${token.trim()}` })).body.data;
  }

  it('pump.ts prints a token', async () => {
    const { stdout } = await run(process.execPath, ['examples/devices/pump.ts', address, 'pump-7', privateKey]);
    expect(await checked(stdout)).toMatchObject({ kind: 'user', user: 'device:pump-7' });
  });

  it('pump.ts says why it got none', async () => {
    await expect(run(process.execPath, ['examples/devices/pump.ts', address, 'lamp-3', privateKey])).rejects.toThrow(/not known here/);
  });

  it('deviceToken connects a client, and answers no other service', async () => {
    const key = createPrivateKey(await readFile(privateKey));
    const pump = { id: 'pump-7', sign: (bytes: Uint8Array) => sign(null, bytes, key) };
    const client = new WaybillClient(address, { token: deviceToken(address, pump) });
    expect(await client.publish('pumps.7', { bar: 3 })).toMatchObject({ topic: 'pumps.7', seq: 1 });
    client.close();
    const elsewhere = deviceToken(address, { ...pump, server: 'another' });
    await expect(elsewhere('connect')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const stranger = deviceToken(address, { ...pump, id: 'pump-8' });
    await expect(stranger('connect')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('waybill devices lists, rotates, disables, enables and removes', async () => {
    const list = waybill('list');
    expect(await list.exit).toBe(0);
    expect(list.out).toMatch(/^lamp-3 +device:lamp-3 +active +\S+ +hmac \(current\)$/m);
    const first = waybill('list', '--limit', '1');
    await first.exit;
    expect([first.out.trim().split('\n').length, first.err]).toEqual([2, 'There are more: --after lamp-3\n']);
    const rotated = waybill('rotate', 'lamp-3', '--hmac');
    expect(await rotated.exit).toBe(0);
    expect(rotated.err).toMatch(/the old one works until \d{4}-/);
    const lamp = hmacSigner('lamp-3', sharedKey);
    for (const signer of [lamp, hmacSigner('lamp-3', rotated.out.trim())]) {
      expect(await checked(await tokenOf(gateway, signer))).toMatchObject({ user: 'device:lamp-3', roles: ['lamp'] });
    }
    expect(await waybill('disable', 'lamp-3').exit).toBe(0);
    expect((await prove(gateway, lamp)).status).toBe(401);
    expect(await waybill('enable', 'lamp-3').exit).toBe(0);
    expect((await prove(gateway, lamp)).status).toBe(201);
    expect(await waybill('remove', 'lamp-3').exit).toBe(2);
    expect(await waybill('remove', 'lamp-3', '--yes').exit).toBe(0);
    expect(await waybill('remove', 'lamp-3', '--yes').exit).toBe(1);
    expect(await waybill('add', 'x').exit).toBe(2);
  });
});
