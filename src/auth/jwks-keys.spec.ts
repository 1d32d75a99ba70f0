import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JwksServer, jwkOf } from '../../test/support/jwks-server.js';
import { KEY_PAIRS, testConfig } from '../../test/support/tokens.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import { JwksKeys } from './jwks-keys.js';

let server: JwksServer;
let keys: JwksKeys | undefined;
const telemetry = new RecordingTelemetry();

beforeEach(async () => {
  Logger.overrideLogger(false);
  vi.useFakeTimers({ toFake: ['performance'] });
  telemetry.events.length = 0;
  server = await JwksServer.start();
  server.keys = [jwkOf(KEY_PAIRS.ec.publicKey, { kid: 'first' })];
});
afterEach(async () => {
  keys?.beforeApplicationShutdown();
  vi.useRealTimers();
  await server.stop();
});

function make(env: Readonly<Record<string, string>> = {}): JwksKeys {
  keys = new JwksKeys(testConfig({ WAYBILL_JWKS_URL: server.url, WAYBILL_JWKS_TIMEOUT_MS: '300', ...env }), telemetry);
  return keys;
}

const pass = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1_000);
const results = (): readonly unknown[] => telemetry.of('jwksFetched').map(([result]) => result);

describe('the key set', () => {
  it('is asked for once by all who need it at the same time', async () => {
    const set = make();
    expect(await Promise.all(Array.from({ length: 100 }, () => set.renew()))).toEqual(Array.from({ length: 100 }, () => true));
    expect(server.requests).toBe(1);
    expect(set.matching('ES256', 'first')).toHaveLength(1);
  });

  it('is not asked for again before the cooldown is over', async () => {
    const set = make();
    await set.renew();
    pass(29);
    await set.renew();
    expect(server.requests).toBe(1);
    pass(1);
    await set.renew();
    expect(server.requests).toBe(2);
  });

  it('is asked for ever less often while it cannot be had, up to four cooldowns', async () => {
    const set = make();
    server.answer = (response) => response.writeHead(503).end();
    await set.renew();
    for (const [pauseS, requests] of [
      [30, 2],
      [60, 3],
      [120, 4],
      [120, 5],
    ] as const) {
      pass(pauseS - 1);
      await set.renew();
      expect(server.requests).toBe(requests - 1);
      pass(1);
      await set.renew();
      expect(server.requests).toBe(requests);
    }
  });

  it('serves while it cannot be had, for as long as the option says', async () => {
    const set = make({ WAYBILL_JWKS_STALE_S: '3600' });
    await set.renew();
    server.answer = (response) => response.writeHead(503).end();
    pass(3_600);
    await set.renew();
    expect([set.matching('ES256', 'first').length, set.isUnsure, set.status?.keys]).toEqual([1, true, 1]);
    pass(1);
    expect([set.matching('ES256', 'first').length, set.status?.keys]).toEqual([0, 0]);
  });

  it('tells when it has become another, and only then', async () => {
    const set = make();
    let changes = 0;
    set.onChange(() => (changes += 1));
    const before = server.keys;
    for (const [next, expected] of [
      [before, 1],
      [before.toReversed(), 1],
      [[...before, jwkOf(KEY_PAIRS.ed.publicKey)], 2],
      [[jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey, { kid: 'first' })], 3],
    ] as const) {
      server.keys = next;
      await set.renew();
      pass(30);
      expect(changes).toBe(expected);
    }
  });

  it.each([
    ['answers 500', 'status', (response: ServerResponse) => void response.writeHead(500).end('down')],
    ['redirects', 'status', (response: ServerResponse) => void response.writeHead(302, { location: '/other' }).end()],
    ['is no JSON', 'invalid', (response: ServerResponse) => void response.end('<html>')],
    ['is a list', 'invalid', (response: ServerResponse) => void response.end('[]')],
    ['is null', 'invalid', (response: ServerResponse) => void response.end('null')],
    ['has no keys', 'invalid', (response: ServerResponse) => void response.end('{"keys":[]}')],
    [
      'has only what cannot be used',
      'invalid',
      (response: ServerResponse) => void response.end('{"keys":[1,null,{},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}'),
    ],
    ['is too big', 'too_big', (response: ServerResponse) => void response.end(' '.repeat(300_000))],
    ['never ends', 'timeout', (response: ServerResponse) => void response.write(' ')],
    ['does not come', 'timeout', () => undefined],
    ['is cut off', 'unreachable', (response: ServerResponse) => void response.destroy()],
  ])('stays as it was where the answer %s', async (_name, result, answer) => {
    const set = make();
    await set.renew();
    server.answer = answer;
    pass(30);
    expect(await set.renew()).toBe(false);
    expect(results()).toEqual(['ok', result]);
    expect(server.requests).toBe(2);
    expect(set.matching('ES256', 'first')).toHaveLength(1);
    expect(set.status?.problem).not.toContain(server.url);
  });

  it('passes over keys that are symmetric, private, weak, or for something else', async () => {
    const { privateKey, publicKey } = KEY_PAIRS.rsa;
    server.keys = [
      { kty: 'oct', k: 'AAAA' },
      privateKey.export({ format: 'jwk' }),
      jwkOf(publicKey, { use: 'enc' }),
      jwkOf(publicKey, { key_ops: ['encrypt'] }),
      jwkOf(publicKey, { alg: 'RSA-OAEP' }),
      jwkOf(publicKey, { alg: 'ES256' }),
      jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      jwkOf(publicKey, { kid: 'good', alg: 'RS512' }),
    ];
    const set = make();
    await set.renew();
    expect(set.status?.keys).toBe(1);
    expect([set.matching('RS512', 'good').length, set.matching('RS256', 'good').length]).toEqual([1, 0]);
  });

  it('is refused where it holds more keys than the option allows', async () => {
    const set = make({ WAYBILL_JWKS_KEYS: '2' });
    server.keys = Array.from({ length: 3 }, (_value, index) => jwkOf(KEY_PAIRS.ed.publicKey, { kid: `k${index}` }));
    await set.renew();
    expect([results(), set.status?.keys]).toEqual([['invalid'], 0]);
  });

  it('is nothing without the option', async () => {
    const set = new JwksKeys(testConfig(), telemetry);
    set.onApplicationBootstrap();
    expect([await set.renew(), set.isUnsure, set.status]).toEqual([false, false, undefined]);
    expect(server.requests).toBe(0);
  });
});
