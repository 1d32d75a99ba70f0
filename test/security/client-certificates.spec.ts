import { once } from 'node:events';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Authority, type Certificate, put } from '../support/certificates.js';
import { TEST_API_KEY } from '../support/gateway.js';
import { TlsGateway } from '../support/tls-gateway.js';

const clients = Authority.create('Clients of the tests');
const strangers = Authority.create('Clients of the tests');
const ALICE = { subject: 'somebody', names: ['URI:waybill:user:alice'] };
const yesterday = new Date(Date.now() - 86_400_000);

const certificates = {
  good: clients.issue(ALICE),
  revoked: clients.issue(ALICE),
  'revoked later': clients.issue(ALICE),
  expired: clients.issue({ ...ALICE, notBefore: new Date(0), notAfter: yesterday }),
  'not valid yet': clients.issue({ ...ALICE, notBefore: new Date(Date.now() + 86_400_000) }),
  'of another authority with the same name': strangers.issue(ALICE),
  'of a backend': clients.issue({ names: ['URI:waybill:key:bootstrap'] }),
  'without a name, whose subject alone is alice': clients.issue({ subject: 'waybill:user:alice' }),
  "with somebody else's name": clients.issue({ names: ['URI:waybill:user:mallory'] }),
  'with two names': clients.issue({ names: ['URI:waybill:user:alice', 'URI:waybill:user:bob'] }),
} as const satisfies Record<string, Certificate>;
type Shown = keyof typeof certificates | 'none';

let required: TlsGateway;
let optional: TlsGateway;
beforeAll(async () => {
  const files = {
    WAYBILL_TLS_CLIENT_CA_FILE: '<dir>/clients.pem',
    WAYBILL_TLS_CLIENT_CRL_FILE: '<dir>/clients.crl',
    WAYBILL_TLS_RELOAD_S: '1',
    WAYBILL_REQUESTS_PER_SECOND: '0',
  };
  const prepare = (_: Authority, directory: string): void => {
    put(join(directory, 'clients.pem'), clients.certificate);
    put(join(directory, 'clients.crl'), clients.revocationList([certificates.revoked.serial]));
  };
  required = await TlsGateway.start({ ...files, WAYBILL_TLS_CLIENT_CERT: 'required' }, prepare);
  optional = await TlsGateway.start({ ...files, WAYBILL_TLS_CLIENT_CERT: 'optional' }, prepare);
});
afterAll(async () => {
  await required.stop();
  await optional.stop();
});

/** A door of a gateway: what became of an attempt with these headers and this certificate. */
type Door = (gateway: TlsGateway, headers: Readonly<Record<string, string>>, client: Certificate | undefined) => Promise<string>;

const CUT_OFF = 'cut off';

const doors: Readonly<Record<string, Door>> = {
  'HTTP/1.1': async (gateway, headers, client) => {
    const answer = await gateway.rest('/api/v1/auth/check', headers, client).catch(() => undefined);
    return answer?.body.code ?? CUT_OFF;
  },
  'HTTP/2': async (gateway, headers, client) => {
    const session = connectHttp2(`https://127.0.0.1:${gateway.port}`, { ...gateway.trust(client), host: '127.0.0.1' });
    session.on('error', () => undefined);
    try {
      await once(session, 'connect');
      const stream = session.request({ ':path': '/api/v1/auth/check', ...headers });
      await Promise.race([
        once(stream, 'response') as Promise<[IncomingHttpHeaders]>,
        once(session, 'close').then(() => Promise.reject(new Error(CUT_OFF))),
      ]);
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      return (JSON.parse(text) as { code: string }).code;
    } catch {
      return CUT_OFF;
    } finally {
      session.destroy();
    }
  },
  WebSocket: async (gateway, headers, client) => {
    const { ca, cert, key } = gateway.trust(client);
    const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/ws`, 'waybill.v1', { headers, ca, ...(cert && { cert, key }) });
    const code = await new Promise<string>((resolve) => {
      socket.once('message', () => resolve('OK'));
      socket.once('unexpected-response', (_request, response) =>
        resolve(response.statusCode === 401 ? 'UNAUTHENTICATED' : String(response.statusCode)),
      );
      socket.once('error', () => resolve(CUT_OFF));
    });
    socket.terminate();
    return code;
  },
};

async function attempt(door: string, gateway: TlsGateway, shown: Shown, token: string | undefined): Promise<string> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  // What proxies write into headers says nothing here.
  const forged = { ...headers, 'x-ssl-client-s-dn': 'CN=alice', 'x-forwarded-client-cert': 'URI=waybill:user:alice' };
  return (doors[door] as Door)(gateway, forged, shown === 'none' ? undefined : certificates[shown]);
}

describe.each(Object.keys(doors))('S58 by %s', (door) => {
  it.each<readonly [Shown, string, string]>([
    ['good', 'OK', 'OK'],
    ['none', CUT_OFF, 'OK'],
    ['expired', CUT_OFF, CUT_OFF],
    ['not valid yet', CUT_OFF, CUT_OFF],
    ['of another authority with the same name', CUT_OFF, CUT_OFF],
    ['revoked', CUT_OFF, CUT_OFF],
    ['without a name, whose subject alone is alice', 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ['with two names', 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ["with somebody else's name", 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
  ])("S58 alice's token with a certificate: %s", async (shown, whereRequired, whereOptional) => {
    const outcomes = [
      await attempt(door, required, shown, await required.token('alice')),
      await attempt(door, optional, shown, await optional.token('alice')),
    ];
    expect(outcomes).toEqual([whereRequired, whereOptional]);
  });

  it('S58 the certificate alone is its user', async () => {
    expect(await attempt(door, required, 'good', undefined)).toBe('OK');
    expect(await attempt(door, required, 'without a name, whose subject alone is alice', undefined)).toBe('UNAUTHENTICATED');
  });
});

it('S58 who enters by the certificate alone is the user that it names, without rights of their own, until it ends', async () => {
  const { body } = await required.rest('/api/v1/auth/check', {}, certificates.good);
  expect(body.data).toMatchObject({ kind: 'user', user: 'alice', roles: [], scopes: [] });
  expect((body.data as { expires_at: number }).expires_at).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  expect((await required.rest('/api/v1/topics/orders.1/messages', {}, certificates.good)).body.code).toBe('PERMISSION_DENIED');
});

it.each<readonly [Shown, string]>([
  ['of a backend', 'OK'],
  ['good', 'UNAUTHENTICATED'],
])('S58 an API key needs a certificate that names it: %s', async (shown, code) => {
  const headers = { authorization: `Bearer ${TEST_API_KEY}` };
  expect((await required.rest('/api/v1/auth/check', headers, certificates[shown as 'good'])).body.code).toBe(code);
  if (shown === 'of a backend')
    expect((await required.rest('/api/v1/auth/check', {}, certificates[shown])).body.code).toBe('UNAUTHENTICATED');
});

it('S58 failed handshakes are counted by their reason', async () => {
  const text = await (await fetch(`http://127.0.0.1:${optional.gateway.opsPort}/metrics`)).text();
  expect(text).toMatch(/waybill_tls_handshake_failures_total\{reason="client_certificate"\} [1-9]/);
  const strict = await (await fetch(`http://127.0.0.1:${required.gateway.opsPort}/metrics`)).text();
  expect(strict).toMatch(/waybill_tls_handshake_failures_total\{reason="client_certificate"\} [1-9]/);
});

it('S58 a revocation holds from the next look at the list on, for resumed sessions too', async () => {
  const client = certificates['revoked later'];
  const first = await required.handshake({ cert: client.cert, key: client.key });
  const [ticket] = (await once(first, 'session')) as [Buffer];
  first.destroy();
  put(join(required.directory, 'clients.crl'), clients.revocationList([certificates.revoked.serial, client.serial]));
  const refused = async (session?: Buffer): Promise<boolean> => {
    const socket: TLSSocket = connect({ ...required.trust(client), ...(session && { session }) });
    socket.on('error', () => undefined);
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, 'close');
    return answer === '';
  };
  await expect.poll(() => refused(), { timeout: 15_000, interval: 100 }).toBe(true);
  expect(await refused(ticket)).toBe(true);
  expect(await attempt('HTTP/1.1', required, 'good', undefined)).toBe('OK');
});
