import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DeviceAuthentication } from '../../src/auth/devices/device-authentication.js';
import { BY_REST, DeviceChallenges } from '../../src/auth/devices/device-challenges.js';
import { isProof, isSame } from '../../src/auth/devices/device-proof.js';
import { SealingKeys } from '../../src/auth/devices/sealing-keys.js';
import {
  answerOf,
  callAsDevice,
  type Challenge,
  challengeFor,
  deviceName,
  type DeviceSigner,
  hmacSigner,
  prove,
  registerEd25519,
  registerHmac,
  signedText,
} from '../support/device.js';
import { type RestAnswer, startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';
import { welch } from '../support/welch.js';

const SEALING_KEY = randomBytes(32).toString('base64url');
const ENV = { WAYBILL_DEVICE_KEY: SEALING_KEY, WAYBILL_LOG_LEVEL: 'silent', WAYBILL_ACCEPT_LAG_MS: '0' };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let gateway: TestGateway;
let other: TestGateway;
let database: pg.Client;
const sockets: TestSocket[] = [];

beforeAll(async () => {
  gateway = await startGateway({ env: ENV });
  other = await startGateway({ env: ENV, database: gateway.database });
  database = new pg.Client({ connectionString: gateway.database.url });
  await database.connect();
});
afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.socket.terminate();
});
afterAll(async () => {
  await database.end();
  await other.stop();
  await gateway.stop();
});

const answer = (device: string, body: object, at = gateway): Promise<RestAnswer> => callAsDevice(at, `${device}/token`, body);
const codeOf = ({ status, body }: RestAnswer): readonly [number, string] => [status, body.code];
const REFUSED = [401, 'UNAUTHENTICATED'] as const;
const TAKEN = [201, 'OK'] as const;

/** What of an answer may not tell one refusal from another. */
const told = ({ status, headers, body }: RestAnswer): object => ({
  status,
  body: { ...body, trace_id: undefined },
  headers: [...headers.keys()].filter((name) => name !== 'date').sort(),
  length: headers.get('content-length'),
});

async function openSocket(): Promise<TestSocket> {
  const socket = await TestSocket.connect(gateway.port, undefined);
  sockets.push(socket);
  return socket;
}

async function challengeOn(socket: TestSocket, device: string): Promise<Challenge> {
  return (await socket.request('auth.challenge', { device }))['data'] as Challenge;
}

describe('S21 a nonce is worth one token', () => {
  it('S21 replay: the same answer again is refused', async () => {
    const device = await registerHmac(gateway);
    const body = answerOf(device, await challengeFor(gateway, device.id));
    expect(codeOf(await answer(device.id, body))).toEqual(TAKEN);
    expect(codeOf(await answer(device.id, body))).toEqual(REFUSED);
    expect(codeOf(await answer(device.id, body, other))).toEqual(REFUSED);
  });

  it.each<[string, () => TestGateway, number]>([
    ['on one node', () => gateway, 100],
    ['on two nodes', () => other, 100],
  ])('S21 replay: of two answers in parallel %s exactly one wins', { timeout: 120_000 }, async (_name, second, rounds) => {
    const device = await registerHmac(gateway);
    const results = new Map<string, number>();
    const round = async (): Promise<void> => {
      const body = answerOf(device, await challengeFor(gateway, device.id));
      const both = await Promise.all([answer(device.id, body), answer(device.id, body, second())]);
      const result = both
        .map(({ status }) => status)
        .sort()
        .join();
      results.set(result, (results.get(result) ?? 0) + 1);
    };
    for (let done = 0; done < rounds; done += 10) await Promise.all(Array.from({ length: 10 }, round));
    expect(Object.fromEntries(results)).toEqual({ '201,401': rounds });
  });

  it('S21 replay: of two answers in parallel on two nodes exactly one wins, ×1,000', { timeout: 120_000 }, async () => {
    const device = await registerHmac(gateway);
    const challenges = gateway.gateway.app.get(DeviceChallenges, { strict: false });
    const nodes = [gateway, other].map((node) => node.gateway.app.get(DeviceAuthentication, { strict: false }));
    const winners = new Map<number, number>();
    const round = async (): Promise<void> => {
      const body = answerOf(device, challenges.give(device.id, BY_REST));
      const both = await Promise.allSettled(nodes.map((node) => node.answer({ device: device.id, ...body, connection: 'rest' })));
      const won = both.filter(({ status }) => status === 'fulfilled').length;
      winners.set(won, (winners.get(won) ?? 0) + 1);
    };
    for (let done = 0; done < 1_000; done += 20) await Promise.all(Array.from({ length: 20 }, round));
    expect(Object.fromEntries(winners)).toEqual({ 1: 1_000 });
  });

  it('S21 replay: what a socket was opened with opens no other, and no token', async () => {
    const device = await registerEd25519(gateway);
    const socket = await openSocket();
    const body = { device: device.id, ...answerOf(device, await challengeOn(socket, device.id)) };
    expect(await socket.request('auth', body)).toMatchObject({ code: 'OK' });
    expect(await socket.request('auth.refresh', body)).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(codeOf(await answer(device.id, answerOf(device, { ...(await challengeFor(gateway, device.id)), nonce: body.nonce })))).toEqual(
      REFUSED,
    );
    const another = await openSocket();
    expect(await another.request('auth', body)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('S22 a nonce lives for 30 s', () => {
  it.each([
    [29_000, TAKEN],
    [31_000, REFUSED],
  ])('S22 nonce life: an answer after %i ms', async (ageMs, expected) => {
    const device = await registerHmac(gateway);
    vi.useFakeTimers({ toFake: ['Date'] });
    const body = answerOf(device, await challengeFor(gateway, device.id));
    vi.setSystemTime(Date.now() + ageMs);
    expect(codeOf(await answer(device.id, body))).toEqual(expected);
  });
});

describe('S23 a nonce is for one device in one place', () => {
  it('S23 foreign nonce: given to A, used by B with its own key', async () => {
    const [a, b] = [await registerHmac(gateway), await registerHmac(gateway)];
    const challenge = await challengeFor(gateway, a.id);
    expect(codeOf(await answer(b.id, answerOf(b, challenge)))).toEqual(REFUSED);
    expect(codeOf(await answer(b.id, answerOf(a, challenge)))).toEqual(REFUSED);
    expect(codeOf(await answer(a.id, answerOf(a, challenge)))).toEqual(TAKEN);
  });

  it('S23 foreign nonce: given on another connection, or by REST', async () => {
    const device = await registerEd25519(gateway);
    const [first, second] = [await openSocket(), await openSocket()];
    const mine = await challengeOn(second, device.id);
    const tries: readonly Challenge[] = [
      await challengeOn(first, device.id),
      { ...(await challengeOn(first, device.id)), connection: mine.connection },
      await challengeFor(gateway, device.id),
      { ...(await challengeFor(gateway, device.id)), connection: mine.connection, purpose: mine.purpose },
    ];
    for (const challenge of tries) {
      const socket = await openSocket();
      expect(await socket.request('auth', { device: device.id, ...answerOf(device, challenge) })).toMatchObject({
        code: 'UNAUTHENTICATED',
      });
      expect((await socket.closed).code).toBe(4501);
    }
    expect(await second.request('auth', { device: device.id, ...answerOf(device, mine) })).toMatchObject({
      code: 'OK',
      data: { user: `device:${device.id}` },
    });
  });

  it.each<[string, Partial<Challenge>]>([
    ['server', { server: 'another-service' }],
    ['version', { version: '2' }],
    ['purpose', { purpose: 'socket' }],
    ['connection', { connection: 'c3d9a0c8-0000-4000-8000-000000000000' }],
  ])('S23 foreign nonce: a proof over another %s', async (_name, changed) => {
    const device = await registerHmac(gateway);
    const challenge = await challengeFor(gateway, device.id);
    expect(codeOf(await answer(device.id, answerOf(device, { ...challenge, ...changed })))).toEqual(REFUSED);
    expect(codeOf(await answer(device.id, answerOf(device, challenge)))).toEqual(TAKEN);
  });

  it('S23 foreign nonce: another secret made it, or it was changed', async () => {
    const device = await registerHmac(gateway);
    const challenge = await challengeFor(gateway, device.id);
    const changed = (challenge.nonce.startsWith('A') ? 'B' : 'A') + challenge.nonce.slice(1);
    for (const nonce of [randomBytes(54).toString('base64url'), changed, '', 'x', 'A'.repeat(73), `${challenge.nonce.slice(0, -1)}=`]) {
      const { status } = await answer(device.id, answerOf(device, { ...challenge, nonce }));
      expect([400, 401], nonce).toContain(status);
    }
  });
});

describe('S24 what the server says is no answer', () => {
  it('S24 reflection: its own challenge, its parts, and a MAC under its label are refused', async () => {
    const device = await registerHmac(gateway);
    const challenge = await challengeFor(gateway, device.id);
    const bytes = Buffer.from(challenge.nonce, 'base64url');
    const proofs = [
      challenge.nonce,
      bytes.subarray(-32).toString('base64url'),
      bytes.subarray(0, 32).toString('base64url'),
      device.proof(signedText(device.id, challenge, 'waybill-device-challenge')),
      device.proof(Buffer.from(challenge.nonce)),
      device.proof(bytes),
    ];
    for (const proof of proofs) expect(codeOf(await answer(device.id, { nonce: challenge.nonce, proof }))).toEqual(REFUSED);
    expect(codeOf(await answer(device.id, answerOf(device, challenge)))).toEqual(TAKEN);
  });

  it('S24 reflection: nothing of a chosen value goes into what the server makes, but the id of the device', async () => {
    const device = await registerHmac(gateway);
    const chosen = await callAsDevice(gateway, `${device.id}/challenge`, { nonce: 'A'.repeat(72), purpose: 'socket', connection: 'mine' });
    const plain = await challengeFor(gateway, device.id);
    expect(chosen.body.data).toMatchObject({ connection: 'rest', purpose: 'token', server: plain.server, version: plain.version });
    expect((chosen.body.data as Challenge).nonce).not.toBe(plain.nonce);
  });
});

describe('S25 comparing takes as long, however much is right', () => {
  const expected = randomBytes(32);
  const wrong = Buffer.from(expected.map((byte) => byte ^ 0xff));
  const almost = Buffer.concat([expected.subarray(0, 31), wrong.subarray(31)]);
  const leaky = (left: Buffer, right: Buffer): boolean => {
    for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
    return true;
  };

  it('S25 constant time: 10,000 tries with 0 and with 31 right bytes do not differ (Welch)', { timeout: 60_000 }, () => {
    // A busy machine may disturb one series; a difference that is there shows in each.
    const tries = Array.from(
      { length: 3 },
      () => () =>
        Math.abs(
          welch(
            10_000,
            () => isSame(expected, wrong),
            () => isSame(expected, almost),
          ),
        ),
    );
    expect(tries.some((tried) => tried() < 4.5)).toBe(true);
  });

  it('S25 constant time: the same test finds a comparison that stops at the first difference', { timeout: 60_000 }, () => {
    const found = Array.from({ length: 3 }, () =>
      Math.abs(
        welch(
          10_000,
          () => leaky(expected, wrong),
          () => leaky(expected, almost),
        ),
      ),
    );
    expect(Math.max(...found)).toBeGreaterThan(4.5);
  });

  it.each([0, 1, 31, 33, 63, 64, 65, 300])('S25 constant time: a proof of %i bytes is refused with 401, not 500', async (length) => {
    for (const device of [await registerHmac(gateway), await registerEd25519(gateway)]) {
      const { nonce } = await challengeFor(gateway, device.id);
      const { status } = await answer(device.id, { nonce, proof: randomBytes(length).toString('base64url') });
      expect(status).toBe(length === 0 ? 400 : 401);
    }
    expect(isProof({ kind: 'hmac', bytes: expected }, expected, randomBytes(length))).toBe(false);
  });
});

describe('S26 nobody learns which devices there are', () => {
  it('S26 enumeration: unknown, wrong proof, disabled, used before and too old are one refusal', async () => {
    const [device, disabled] = [await registerHmac(gateway), await registerEd25519(gateway)];
    await gateway.rest('POST', `/api/v1/devices/${disabled.id}/disable`);
    const unknown = hmacSigner(deviceName(), randomBytes(32));
    const wrong = hmacSigner(device.id, randomBytes(32));
    const used = answerOf(device, await challengeFor(gateway, device.id));
    await answer(device.id, used);
    const refusals = [
      await prove(gateway, unknown),
      await prove(gateway, wrong),
      await prove(gateway, disabled),
      await answer(device.id, used),
      await answer(device.id, { nonce: 'A'.repeat(72), proof: 'AAAA' }),
    ];
    expect(codeOf(refusals[0] as RestAnswer)).toEqual(REFUSED);
    for (const refusal of refusals) expect(told(refusal)).toEqual(told(refusals[0] as RestAnswer));
  });

  it('S26 enumeration: a challenge for a device that does not exist looks like any other', async () => {
    const device = await registerHmac(gateway, `known-${deviceName().slice(0, 4)}`);
    const [known, unknown] = [
      await callAsDevice(gateway, `${device.id}/challenge`),
      await callAsDevice(gateway, `${device.id.replace('known', 'knowm')}/challenge`),
    ];
    const shape = ({ status, headers, body }: RestAnswer): object => ({
      status,
      members: Object.keys(body.data),
      lengths: Object.values(body.data as object).map((value) => String(value).length),
      length: headers.get('content-length'),
    });
    expect(shape(known)).toEqual(shape(unknown));
  });

  it('S26 enumeration: refusals take about as long', { timeout: 60_000 }, async () => {
    const [hmac, signing] = [await registerHmac(gateway), await registerEd25519(gateway)];
    const kinds: Readonly<Record<string, (proof: string) => Promise<RestAnswer>>> = {
      unknown: (proof) => wrongAnswer(deviceName(), proof),
      hmac: (proof) => wrongAnswer(hmac.id, proof),
      ed25519: (proof) => wrongAnswer(signing.id, proof),
    };
    const spreadOf = async (length: number): Promise<number> => {
      const times = new Map(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
      for (let round = 0; round < 40; round += 1) {
        for (const [kind, tried] of Object.entries(kinds)) {
          const began = performance.now();
          await tried(randomBytes(length).toString('base64url'));
          times.get(kind)?.push(performance.now() - began);
        }
      }
      const medians = [...times.values()].map((all) => all.toSorted((a, b) => a - b)[all.length / 2] as number);
      return Math.max(...medians) / Math.min(...medians);
    };
    for (const length of [32, 64]) {
      // One class: a look into the database that was left out would halve it. What is there shows each time; what a busy machine does, not.
      const spreads = [await spreadOf(length)];
      while ((spreads.at(-1) ?? 0) >= 1.6 && spreads.length < 3) spreads.push(await spreadOf(length));
      expect(Math.min(...spreads)).toBeLessThan(1.6);
    }
  });

  async function wrongAnswer(device: string, proof: string): Promise<RestAnswer> {
    const { nonce } = await challengeFor(gateway, device);
    return answer(device, { nonce, proof });
  }
});

describe('S27 challenges that nobody answers cost nothing', () => {
  it('S27 nonce exhaustion: memory is flat over 100,000 of them', { timeout: 60_000 }, async () => {
    const challenges = gateway.gateway.app.get(DeviceChallenges, { strict: false });
    const give = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        challenges.give(`flood-${index}`, { connection: 'rest', purpose: 'token' });
        // The gateway of the tests beside this one runs in the same process.
        if (index % 1_000 === 0) await nextTurn();
      }
    };
    const heap = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    await give(20_000);
    const before = heap();
    await give(100_000);
    // A store of them would hold 20 MB or more.
    expect(heap() - before).toBeLessThan(4e6);
    expect(Object.values(challenges).some((member) => member instanceof Map || member instanceof Set || Array.isArray(member))).toBe(false);
  });

  it('S27 nonce exhaustion: nothing is written for challenges, nor for wrong answers', async () => {
    const count = async (): Promise<number> =>
      Number((await database.query<{ n: string }>('select count(*) as n from waybill.device_answer')).rows[0]?.n);
    const device = await registerHmac(gateway);
    const before = await count();
    const challenges = await Promise.all(Array.from({ length: 300 }, () => challengeFor(gateway, device.id)));
    await Promise.all(challenges.slice(0, 40).map(({ nonce }) => answer(device.id, { nonce, proof: 'AAAA' })));
    expect(await count()).toBe(before);
    expect(codeOf(await prove(gateway, device))).toEqual(TAKEN);
    expect(await count()).toBe(before + 1);
  });

  it('S27 nonce exhaustion: a connection has three at a time', async () => {
    const socket = await openSocket();
    for (let index = 0; index < 3; index += 1) expect(await challengeOn(socket, 'anything')).toMatchObject({ purpose: 'socket' });
    expect(await socket.request('auth.challenge', { device: 'anything' })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      retry_after_ms: expect.any(Number),
    });
  });

  it('S27 nonce exhaustion: answers at once beyond the limit are told to come back', async () => {
    const small = await startGateway({ env: { ...ENV, WAYBILL_DEVICE_ANSWERS_IN_FLIGHT: '1' }, database: gateway.database });
    try {
      const device = await registerHmac(small);
      const challenges = await Promise.all(Array.from({ length: 20 }, () => challengeFor(small, device.id)));
      const codes = await Promise.all(
        challenges.map(async (challenge) => (await answer(device.id, answerOf(device, challenge), small)).body.code),
      );
      expect(new Set(codes)).toEqual(new Set(['OK', 'UNAVAILABLE']));
    } finally {
      await small.stop();
    }
  });
});

describe('S28 keys at rest', () => {
  it('S28 key at rest: the tables hold the key in no form, and nothing shows it again', async () => {
    const id = deviceName();
    const made = await gateway.rest('POST', '/api/v1/devices', { id, kind: 'hmac' });
    const secret = Buffer.from((made.body.data as { secret: string }).secret, 'base64url');
    expect(secret).toHaveLength(32);
    const dump = await database.query<{ row: string }>(
      `select to_jsonb(d)::text || coalesce(to_jsonb(k)::text, '') as row from waybill.device d join waybill.device_key k on k.device_id = d.id`,
    );
    const shown = JSON.stringify([
      dump.rows,
      (await gateway.rest('GET', `/api/v1/devices/${id}`)).body,
      (await gateway.rest('GET', '/api/v1/devices?limit=1000')).body,
    ]);
    expect(shown).toContain(id);
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(shown).not.toContain(secret.toString(form));
      expect(shown).not.toContain(secret.subarray(3, 24).toString(form));
    }
    expect(shown).not.toContain(SEALING_KEY);
    expect((await prove(gateway, hmacSigner(id, secret))).status).toBe(201);
  });

  it('S28 key at rest: moved to the row of another device, it opens nothing', async () => {
    const [a, b] = [await registerHmac(gateway), await registerHmac(gateway)];
    await database.query(
      `update waybill.device_key k set sealed_key = o.sealed_key from waybill.device_key o
       where (k.device_id, o.device_id) in (($1, $2), ($2, $1))`,
      [a.id, b.id],
    );
    for (const [id, signer] of [
      [a.id, a],
      [b.id, b],
      [a.id, { ...b, id: a.id }],
      [b.id, { ...a, id: b.id }],
    ] as readonly (readonly [string, DeviceSigner])[]) {
      expect(codeOf(await prove(gateway, { ...signer, id }))).toEqual(REFUSED);
    }
  });

  it('S28 key at rest: a changed byte, or another sealing key, opens nothing', async () => {
    const device = await registerHmac(gateway);
    const stranger = await startGateway({
      env: { ...ENV, WAYBILL_DEVICE_KEY: randomBytes(32).toString('base64url') },
      database: gateway.database,
    });
    try {
      expect(codeOf(await prove(stranger, device))).toEqual(REFUSED);
      expect(codeOf(await prove(gateway, device))).toEqual(TAKEN);
    } finally {
      await stranger.stop();
    }
    await database.query(
      'update waybill.device_key set sealed_key = set_byte(sealed_key, 20, get_byte(sealed_key, 20) # 1) where device_id = $1',
      [device.id],
    );
    expect(codeOf(await prove(gateway, device))).toEqual(REFUSED);
  });

  it('S28 key at rest: with a new sealing key beside the previous one all is sealed anew at the start', async () => {
    const device = await registerHmac(gateway);
    const before = gateway.gateway.app.get(SealingKeys, { strict: false }).current;
    const next = { ...ENV, WAYBILL_DEVICE_KEY: randomBytes(32).toString('base64url'), WAYBILL_DEVICE_KEY_PREVIOUS: SEALING_KEY };
    const sealedWith = async (): Promise<unknown> =>
      (await database.query('select sealed_with from waybill.device_key where device_id = $1', [device.id])).rows[0];
    expect(await sealedWith()).toEqual({ sealed_with: before });
    const rotated = await startGateway({ env: next, database: gateway.database });
    const current = rotated.gateway.app.get(SealingKeys, { strict: false }).current;
    expect(await sealedWith()).toEqual({ sealed_with: current });
    expect(codeOf(await prove(rotated, device))).toEqual(TAKEN);
    await rotated.stop();
    const without = await startGateway({ env: { ...next, WAYBILL_DEVICE_KEY_PREVIOUS: '' }, database: gateway.database });
    expect(codeOf(await prove(without, device))).toEqual(TAKEN);
    await without.stop();
  });
});

describe('S29 two keys during a rotation', () => {
  it('S29 rotation: both work for 24 h, the old one is refused after it, and the metric tells them apart', async () => {
    const old = await registerHmac(gateway);
    const answers = async (key: string): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
      return Number(new RegExp(`waybill_device_answers_total\\{key="${key}",result="OK"\\} (\\d+)`).exec(text)?.[1]);
    };
    const before = [await answers('current'), await answers('previous')];
    vi.useFakeTimers({ toFake: ['Date'] });
    const rotated = await gateway.rest('POST', `/api/v1/devices/${old.id}/keys`, { kind: 'hmac' });
    const { secret, keys } = rotated.body.data as { secret: string; keys: { version: string; expires_at?: number }[] };
    expect(keys).toMatchObject([{ version: 'current' }, { version: 'previous', expires_at: expect.any(Number) }]);
    const fresh = hmacSigner(old.id, secret);
    expect([codeOf(await prove(gateway, old)), codeOf(await prove(gateway, fresh))]).toEqual([TAKEN, TAKEN]);
    expect([await answers('current'), await answers('previous')]).toEqual([before[0]! + 1, before[1]! + 1]);
    vi.setSystemTime(Date.now() + 86_399_000);
    expect([codeOf(await prove(gateway, old)), codeOf(await prove(gateway, fresh))]).toEqual([TAKEN, TAKEN]);
    vi.setSystemTime(Date.now() + 2_000);
    expect([codeOf(await prove(gateway, old)), codeOf(await prove(gateway, fresh))]).toEqual([REFUSED, TAKEN]);
    expect((await gateway.rest('GET', `/api/v1/devices/${old.id}`)).body.data).toMatchObject({
      keys: [{ version: 'current' }, { version: 'expired' }],
    });
  });

  it('S29 rotation: from a shared key to a signing one, and back by removing the new one', async () => {
    const old = await registerHmac(gateway);
    const made = await registerEd25519(gateway);
    const publicKey = (await gateway.rest('GET', `/api/v1/devices/${made.id}`)).body.data as { keys: { public_key: string }[] };
    const rotated = await gateway.rest('POST', `/api/v1/devices/${old.id}/keys`, {
      kind: 'ed25519',
      public_key: publicKey.keys[0]?.public_key,
    });
    const [current] = (rotated.body.data as { keys: { id: string }[] }).keys;
    expect(codeOf(await prove(gateway, { ...made, id: old.id }))).toEqual(TAKEN);
    expect((await gateway.rest('POST', `/api/v1/devices/${old.id}/keys`, { kind: 'hmac' })).status).toBe(400);
    const taken = await gateway.rest('DELETE', `/api/v1/devices/${old.id}/keys/${current?.id}`);
    expect(taken.body.data).toMatchObject({ keys: [{ kind: 'hmac', version: 'current' }] });
    expect((taken.body.data as { keys: { expires_at?: number }[] }).keys[0]?.expires_at).toBeUndefined();
    expect([codeOf(await prove(gateway, { ...made, id: old.id })), codeOf(await prove(gateway, old))]).toEqual([REFUSED, TAKEN]);
  });
});
