import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { put } from '../support/certificates.js';
import { TlsGateway } from '../support/tls-gateway.js';

/** Deadlines are 5 s and looked at every second; what is beyond that is a busy machine. */
const CLOSED_WITHIN_MS = 8_000;

let strict: TlsGateway;
let lenient: TlsGateway;
beforeAll(async () => {
  strict = await TlsGateway.start({
    WAYBILL_TLS_RELOAD_S: '1',
    WAYBILL_REQUESTS_PER_SECOND: '0',
    WAYBILL_CONNECTIONS_PER_ADDRESS: '0',
    WAYBILL_CONNECTIONS_PER_USER: '0',
    WAYBILL_ACCEPT_LAG_MS: '0',
    WAYBILL_ACCEPTS_PER_SECOND: '0',
  });
  lenient = await TlsGateway.start({ WAYBILL_TLS_MIN_VERSION: 'TLSv1.2' });
});
afterAll(async () => {
  await strict.stop();
  await lenient.stop();
});

/** What a handshake comes to: the version and suite, or the code of the failure. */
async function outcome(gateway: TlsGateway, options: ConnectionOptions): Promise<string> {
  try {
    const socket = await gateway.handshake(options);
    const agreed = `${String(socket.getProtocol())} ${socket.getCipher().name}`;
    socket.destroy();
    return agreed;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

describe('S57 versions and suites', () => {
  const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const tls12 = (ciphers: string): ConnectionOptions => ({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers });
  const REFUSED_VERSION = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
  const REFUSED_SUITE = 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE';
  const cases: readonly (readonly [name: string, of: () => TlsGateway, options: ConnectionOptions, expected: string | RegExp])[] = [
    ['TLS 1.3 is spoken', () => strict, {}, /^TLSv1\.3 /],
    ['TLS 1.1 is refused', () => strict, OLD, REFUSED_VERSION],
    ['TLS 1.2 is refused where nobody allowed it', () => strict, tls12('ECDHE-ECDSA-AES128-GCM-SHA256'), REFUSED_VERSION],
    ['TLS 1.2 is spoken by option', () => lenient, tls12('ECDHE-ECDSA-AES128-GCM-SHA256'), 'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['TLS 1.1 is refused even then', () => lenient, OLD, REFUSED_VERSION],
    ['CBC with SHA-1 is refused', () => lenient, tls12('ECDHE-ECDSA-AES128-SHA@SECLEVEL=0'), REFUSED_SUITE],
    ['CBC with SHA-256 is refused', () => lenient, tls12('ECDHE-ECDSA-AES128-SHA256'), REFUSED_SUITE],
    ['CBC with SHA-384 is refused', () => lenient, tls12('ECDHE-ECDSA-AES256-SHA384'), REFUSED_SUITE],
  ];
  it.each(cases)('S57 %s', async (_name, of, options, expected) => {
    expect(await outcome(of(), options)).toMatch(expected);
  });

  it('S57 a renegotiation below TLS 1.3 is refused', async () => {
    const socket = await lenient.handshake({ maxVersion: 'TLSv1.2' });
    const failed = once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code);
    socket.renegotiate({ rejectUnauthorized: true }, () => undefined);
    expect(await failed).toMatch(/NO_RENEGOTIATION/);
    socket.destroy();
  });
});

describe('S31 slow peers', () => {
  /** Sends one byte of `bytes` each second; answers after how many milliseconds the server had enough. */
  async function drip(
    socket: { write(bytes: Buffer): boolean; once(event: 'close', work: () => void): unknown },
    bytes: Buffer,
  ): Promise<number> {
    const began = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      if (sent < bytes.length) socket.write(bytes.subarray(sent, (sent += 1)));
    }, 1_000);
    await new Promise<void>((resolve) => socket.once('close', resolve));
    clearInterval(timer);
    return performance.now() - began;
  }

  it.concurrent('S31 a TLS handshake at one byte a second is cut off', async () => {
    const socket = connectTcp({ host: '127.0.0.1', port: strict.port });
    socket.on('error', () => undefined);
    socket.resume();
    const hello = Buffer.from('16030100a5010000a10303', 'hex');
    expect(await drip(socket, Buffer.concat([hello, Buffer.alloc(160)]))).toBeLessThan(CLOSED_WITHIN_MS);
  });

  it.concurrent('S31 a peer that says nothing is cut off', async () => {
    const socket = connectTcp({ host: '127.0.0.1', port: strict.port });
    socket.on('error', () => undefined);
    socket.resume();
    expect(await drip(socket, Buffer.alloc(0))).toBeLessThan(CLOSED_WITHIN_MS);
  });

  it.concurrent.each([
    ['HTTP/1.1 headers', ['http/1.1'], `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${'a'.repeat(200)}`],
    ['an HTTP/2 preface', ['h2'], 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('S31 %s at one byte a second, within TLS, are cut off', async (_name, ALPNProtocols, text) => {
    const socket = connect({ ...strict.trust(), ALPNProtocols });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.resume();
    expect(await drip(socket, Buffer.from(text))).toBeLessThan(CLOSED_WITHIN_MS);
  });
});

it('S31 who speaks plain HTTP to the TLS port is told so', async () => {
  const socket = connectTcp({ host: '127.0.0.1', port: strict.port });
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'close');
  expect(answer).toContain('HTTP/1.1 400');
  expect(answer).toContain('https://');
});

describe('S59 rotation', () => {
  /** More by hand: TLS_SOCKETS=1000. */
  const SOCKETS = Number(process.env['TLS_SOCKETS'] ?? 200);
  const subjectSeen = async (): Promise<string> => {
    const socket = await strict.handshake();
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${strict.gateway.opsPort}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')[1],
    );
  };

  it(`S59 with ${SOCKETS} sockets open nobody is disconnected, and new handshakes get the new certificate`, async () => {
    const token = await strict.token();
    const sockets: WebSocket[] = [];
    while (sockets.length < SOCKETS) sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => strict.socket(token)))));
    let closed = 0;
    for (const socket of sockets) socket.on('close', () => (closed += 1));
    expect(await subjectSeen()).toBe('waybill test');

    const notAfter = new Date('2030-01-02T03:04:05Z');
    const renewed = strict.authority.issue({ subject: 'renewed', names: ['IP:127.0.0.1'], notAfter });
    put(strict.files.cert, renewed.cert);
    put(strict.files.key, renewed.key);
    await expect.poll(subjectSeen, { timeout: 15_000, interval: 100 }).toBe('renewed');
    expect(await metric('waybill_tls_certificate_expiry_timestamp_seconds')).toBe(notAfter.getTime() / 1_000);
    expect(await metric('waybill_tls_certificate_reloads_total{result="reloaded"}')).toBe(1);

    const answers = sockets.map((socket) => once(socket, 'message'));
    for (const socket of sockets) socket.send('{"msg_id":"p","action":"ping"}');
    await Promise.all(answers);
    expect(closed).toBe(0);
    for (const socket of sockets) socket.terminate();
  });

  it('S59 a bad new file changes nothing and is told', async () => {
    const before = await metric('waybill_tls_certificate_reloads_total{result="failed"}');
    const used = await subjectSeen();
    put(strict.files.cert, strict.authority.issue({ subject: 'not of this key', names: ['IP:127.0.0.1'] }).cert);
    await expect
      .poll(() => metric('waybill_tls_certificate_reloads_total{result="failed"}'), { timeout: 15_000, interval: 100 })
      .toBe(before + 1);
    expect(await subjectSeen()).toBe(used);
  });

  it('S59 SIGHUP looks at once', async () => {
    const next = lenient.authority.issue({ subject: 'by signal', names: ['IP:127.0.0.1'] });
    put(lenient.files.cert, next.cert);
    put(lenient.files.key, next.key);
    process.emit('SIGHUP');
    const socket = await lenient.handshake();
    expect(socket.getPeerCertificate().subject.CN).toBe('by signal');
    socket.destroy();
  });
});
