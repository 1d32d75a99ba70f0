import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { createApplication, type Gateway } from '../../src/application.js';
import { Config } from '../../src/config/config.js';
import { migratedDatabase } from './migrated-database.js';
import type { TestDatabase } from './postgres.js';

export const TEST_API_KEY = 'test-api-key-0123456789';
export const TEST_JWT_SECRET = 'test-jwt-secret-0123456789-0123456789-0123';

export interface TestGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly opsPort: number;
  readonly apiKey: string;
  readonly database: TestDatabase;
  /** Mints a token over REST, as a backend would. */
  token(user: string, grants?: object): Promise<string>;
  /** A REST call with the API key; answers the status and the parsed body. */
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RestAnswer>;
  stop(): Promise<void>;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // The shape differs by route; tests assert what they need of it.
  readonly body: {
    readonly code: string;
    readonly message: string;
    readonly data: never;
    readonly field?: string;
    readonly rule?: string;
    readonly retry_after_ms?: number;
    readonly trace_id?: string;
  };
}

export interface TestGatewayOptions {
  /** Options by environment name. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sections as in waybill.yaml. */
  readonly file?: unknown;
  readonly modules?: readonly Type[];
  /** Limits of connections beyond what their options allow. */
  readonly limits?: Partial<Config['gateway']>;
  /** A database to go on with; by default a fresh one that is dropped at the end. */
  readonly database?: TestDatabase;
}

/** A whole gateway in this process, on free ports, with a database of its own. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const database = options.database ?? (await migratedDatabase());
  const dataDir = await mkdtemp(join(tmpdir(), 'waybill-test-'));
  const env = {
    WAYBILL_PORT: '0',
    WAYBILL_HOST: '127.0.0.1',
    WAYBILL_OPS_PORT: '0',
    WAYBILL_DATA_DIR: dataDir,
    WAYBILL_LOG_LEVEL: 'error',
    // A machine that is busy with other tests is no reason to turn clients away; the tests of that have it on.
    WAYBILL_ACCEPT_LAG_MS: '0',
    // It is a connection and a publisher like others: tests count both. Those of the canary have it on.
    WAYBILL_CANARY_INTERVAL_MS: '0',
    WAYBILL_API_KEY: TEST_API_KEY,
    WAYBILL_JWT_SECRET: TEST_JWT_SECRET,
    DATABASE_URL: database.url,
    // Several on one database without a Redis are no cluster, and yet what many tests of one node's database need; the tests of that have it on.
    WAYBILL_START_CHECKS: String(options.database === undefined || options.env?.['REDIS_URL'] !== undefined),
    ...options.env,
  };
  const gateway = await createApplication(Config.from(env, options.file).withGateway(options.limits ?? {}), options.modules ?? []);
  const rest: TestGateway['rest'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TEST_API_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as RestAnswer['body'] };
  };
  return {
    gateway,
    port: gateway.port,
    opsPort: gateway.opsPort,
    apiKey: TEST_API_KEY,
    database,
    rest,
    token: async (user, grants = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] } }) => {
      const answer = await rest('POST', '/api/v1/auth/tokens', { user, ...grants });
      if (answer.status >= 300) throw new Error(`no token for ${user}: ${JSON.stringify(answer.body)}`);
      return (answer.body.data as { token: string }).token;
    },
    stop: async () => {
      await gateway.close();
      if (options.database === undefined) await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
