import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Authority, put } from '../support/certificates.js';
import { startGateway, type TestGatewayOptions } from '../support/gateway.js';

const SERVER = fileURLToPath(new URL('../support/postgres-server.ts', import.meta.url));

const authority = Authority.create('Database authority');
let directory: string;
let server: ChildProcess;
let base: URL;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-database-tls-'));
  const { cert, key } = authority.issue({ names: ['IP:127.0.0.1'] });
  put(join(directory, 'server.pem'), cert);
  put(join(directory, 'server.key'), key);
  put(join(directory, 'right.pem'), authority.certificate);
  put(join(directory, 'other.pem'), Authority.create('Database authority').certificate);
  server = spawn(process.execPath, [SERVER, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  base = new URL(line.toString().trim());
});
afterAll(async () => {
  const exited = once(server, 'exit');
  server.stdin?.end();
  await exited;
  await rm(directory, { recursive: true, force: true });
});

/** The database's address with other parameters; `host` stands in for 127.0.0.1. */
function url(parameters: Readonly<Record<string, string>>, host = '127.0.0.1'): string {
  const changed = new URL(base);
  changed.hostname = host;
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value.replace('<dir>', directory));
  return changed.href;
}

const withDatabase = (address: string): TestGatewayOptions => ({ database: { url: address, drop: () => Promise.resolve() } });

/** Why a gateway with this database does not start, and how long it took to say so, in milliseconds. */
async function failure(address: string): Promise<{ readonly message: string; readonly name: string; readonly ms: number }> {
  const began = performance.now();
  try {
    await (await startGateway(withDatabase(address))).stop();
  } catch (error) {
    const { message, name } = error as Error;
    return { message, name, ms: performance.now() - began };
  }
  throw new Error('the gateway started');
}

describe('S60 a database link', () => {
  it.each<readonly [string, () => string, RegExp]>([
    [
      'whose certificate is of another authority',
      () => url({ sslmode: 'verify-full', sslrootcert: '<dir>/other.pem' }),
      /not from an authority.*sslrootcert/,
    ],
    ['whose authority nobody named', () => url({ sslmode: 'verify-full' }), /not from an authority/],
    [
      'whose certificate is for another host',
      () => url({ sslmode: 'verify-full', sslrootcert: '<dir>/right.pem' }, 'localhost'),
      /for another name/,
    ],
    [
      'whose authority file is missing',
      () => url({ sslmode: 'verify-full', sslrootcert: '<dir>/absent.pem' }),
      /sslrootcert names .*absent\.pem.*ENOENT/,
    ],
    ['that does not speak TLS', () => `${inject('postgresUrl')}?sslmode=verify-full`, /does not support SSL.*ssl = on/],
  ])('S60 %s stops the start with a sentence', async (_name, address, sentence) => {
    const { message, name, ms } = await failure(address());
    expect(name).toBe('StorageStartError');
    expect(message).toMatch(sentence);
    expect(message).toMatch(/^DATABASE_URL: /);
    expect(message).not.toContain(base.password + '@');
    // A certificate does not become better by waiting; a database that is still starting does, for half a minute.
    expect(ms).toBeLessThan(15_000);
  });

  it('S60 with a certificate of the right authority carries every connection', async () => {
    const gateway = await startGateway(withDatabase(url({ sslmode: 'verify-full', sslrootcert: '<dir>/right.pem' })));
    try {
      expect((await gateway.rest('POST', '/api/v1/topics/orders.1/messages', { data: { n: 1 } })).status).toBe(201);
      const client = new pg.Client({ connectionString: base.href });
      await client.connect();
      const { rows } = await client.query<{ ssl: boolean }>(
        `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name like 'waybill%'`,
      );
      await client.end();
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every(({ ssl }) => ssl)).toBe(true);
    } finally {
      await gateway.stop();
    }
  });
});
