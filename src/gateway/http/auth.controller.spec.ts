import type { AddressInfo } from 'node:net';
import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { signToken, TEST_API_KEY, testConfig } from '../../../test/support/tokens.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AuthModule } from '../../auth/auth.module.js';
import { Authenticator } from '../../auth/authenticator.js';
import { ConfigModule } from '../../config/config.module.js';
import { StorageModule } from '../../storage/storage.module.js';
import { NoopTelemetry } from '../../telemetry/noop-telemetry.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { Admission } from '../admission.js';
import { Limits } from '../limits/limits.js';
import { AuthController } from './auth.controller.js';
import { OpenApi } from './docs/open-api.js';
import { ErrorFilter } from './error-filter.js';
import { createHttpAdapter } from './http-adapter.js';
import { Rest } from './rest.js';
import { serveRest } from './serve-rest.js';

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly rule?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

let database: TestDatabase;
let app: NestFastifyApplication;
let base: string;

@Global()
@Module({ providers: [{ provide: Telemetry, useClass: NoopTelemetry }], exports: [Telemetry] })
class TelemetryModule {}

@Module({
  imports: [AuthModule],
  controllers: [AuthController],
  providers: [Admission, Limits, Rest, OpenApi, { provide: APP_FILTER, useClass: ErrorFilter }],
})
class DoorModule {}

beforeAll(async () => {
  database = await freshDatabase();
  const config = testConfig({ DATABASE_URL: database.url, WAYBILL_TICKETS_PER_USER: '3' });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.with(config), TelemetryModule, StorageModule, AuditModule, DoorModule],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(createHttpAdapter(config), { logger: false });
  serveRest(app);
  await app.listen(0, '127.0.0.1');
  base = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/api/v1/auth`;
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function call(method: string, path: string, credential: string | undefined, body?: unknown): Promise<Answer> {
  const response = await fetch(`${base}/${path}`, {
    method,
    headers: {
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}

async function mint(body: object): Promise<string> {
  const { data } = await call('POST', 'tokens', TEST_API_KEY, body);
  return data['token'] as string;
}

async function makeKey(name: string, ...scopes: readonly string[]): Promise<{ readonly id: string; readonly key: string }> {
  const { data } = await call('POST', 'keys', TEST_API_KEY, { name, scopes });
  return { id: data['id'] as string, key: data['key'] as string };
}

describe('POST tokens', () => {
  it('mints a token that passes the check and carries what was asked for', async () => {
    const grants = { topics: { subscribe: ['chat.*'], publish: [] }, users: { send: ['*'] }, broadcast: true };
    const { status, code, data } = await call('POST', 'tokens', TEST_API_KEY, { user: 'alice', roles: ['admin'], ...grants, ttl_s: 60 });
    expect([status, code]).toEqual([201, 'OK']);
    expect(data['expires_at']).toBeGreaterThan(Date.now() + 55_000);
    const principal = await app
      .get(Authenticator, { strict: false })
      .authenticate({ kind: 'token', token: data['token'] as string, method: 'header' });
    expect(principal).toMatchObject({ id: 'alice', roles: ['admin'], grants });
  });

  it.each([
    ['no body', undefined, 'body'],
    ['a list', [], 'body'],
    ['no user', {}, 'user'],
    ['a number as user', { user: 7 }, 'user'],
    ['an empty user', { user: '' }, 'user'],
    ['a user with a line break', { user: 'a\nb' }, 'user'],
    ['the name of an API key as user', { user: 'key:bootstrap' }, 'user'],
    ['an unknown member', { user: 'a', admin: true }, 'body'],
    ['__proto__', '{"user":"a","__proto__":{"broadcast":true}}', 'body'],
    ['topics as text', { user: 'a', topics: 'chat.*' }, 'topics'],
    ['an unknown right', { user: 'a', topics: { history: ['*'] } }, 'topics'],
    ['a bad pattern', { user: 'a', topics: { publish: ['ok', 'a b'] } }, 'topics.publish[1]'],
    ['$ in a pattern', { user: 'a', topics: { subscribe: ['$user.*'] } }, 'topics.subscribe[0]'],
    ['a number among users', { user: 'a', users: { send: [1] } }, 'users.send[0]'],
    ['broadcast as text', { user: 'a', broadcast: 'yes' }, 'broadcast'],
    ['an empty role', { user: 'a', roles: [''] }, 'roles[0]'],
    ['a life of 0', { user: 'a', ttl_s: 0 }, 'ttl_s'],
    ['half a second of life', { user: 'a', ttl_s: 0.5 }, 'ttl_s'],
    ['a life over the limit', { user: 'a', ttl_s: 86_401 }, 'ttl_s'],
  ])('refuses %s, naming the field', async (_name, body, field) => {
    const answer = await call('POST', 'tokens', TEST_API_KEY, body);
    expect([answer.status, answer.code, answer.field]).toEqual([400, 'BAD_REQUEST', field]);
  });

  it('is for API keys with the scope', async () => {
    const { key } = await makeKey('publisher', 'publish', 'read', 'ops');
    const [byUser, byKey] = [
      await call('POST', 'tokens', await mint({ user: 'alice' }), { user: 'root' }),
      await call('POST', 'tokens', key, { user: 'root' }),
    ];
    expect([byUser.status, byUser.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect([byKey.status, byKey.rule]).toEqual([403, 'route.scope.tokens']);
  });
});

describe('GET check', () => {
  it('says whom a token stands for and until when', async () => {
    const { status, data } = await call('GET', 'check', await mint({ user: 'alice', roles: ['x'] }));
    expect(status).toBe(200);
    expect(data).toEqual({ kind: 'user', user: 'alice', roles: ['x'], scopes: [], expires_at: expect.any(Number) as number });
  });

  it.each([
    ['no credential', undefined, 'UNAUTHENTICATED'],
    ['no good key', 'nobody-made-this', 'UNAUTHENTICATED'],
    ['no good token', 'a.b.c', 'UNAUTHENTICATED'],
  ])('answers %s', async (_name, credential, code) => {
    const answer = await call('GET', 'check', credential);
    expect([answer.status, answer.code]).toEqual([401, code]);
  });

  it('tells an expired token from a bad one', async () => {
    const answer = await call('GET', 'check', await signToken({ claims: { exp: Math.floor(Date.now() / 1_000) - 31 } }));
    expect([answer.status, answer.code]).toEqual([401, 'TOKEN_EXPIRED']);
  });

  it('refuses a token in the URL and does not repeat it', async () => {
    const token = await mint({ user: 'alice' });
    const answer = await call('GET', `check?access_token=${token}`, token);
    expect([answer.status, answer.field]).toEqual([400, 'query.access_token']);
    expect(JSON.stringify(answer)).not.toContain(token);
  });
});

describe('POST refresh', () => {
  it('renews a token with its grants', async () => {
    const old = await mint({ user: 'alice', topics: { publish: ['chat.*'] }, ttl_s: 10 });
    const { status, data } = await call('POST', 'refresh', old);
    expect(status).toBe(201);
    const principal = await app
      .get(Authenticator, { strict: false })
      .authenticate({ kind: 'token', token: data['token'] as string, method: 'frame' });
    expect(principal.grants.topics.publish).toEqual(['chat.*']);
    expect(principal.expiresAt).toBe(data['expires_at']);
    expect(data['expires_at']).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it('is for user tokens', async () => {
    const answer = await call('POST', 'refresh', TEST_API_KEY);
    expect([answer.status, answer.rule]).toEqual([403, 'users only']);
  });
});

describe('POST tickets', () => {
  it('gives a ticket that works once, for the user who asked', async () => {
    const { status, data } = await call('POST', 'tickets', await mint({ user: 'alice' }));
    expect(status).toBe(201);
    const authenticator = app.get(Authenticator, { strict: false });
    const ticket = data['ticket'] as string;
    expect((await authenticator.authenticate({ kind: 'ticket', ticket })).id).toBe('alice');
    await expect(authenticator.authenticate({ kind: 'ticket', ticket })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is bounded', async () => {
    const token = await mint({ user: 'greedy' });
    const codes: string[] = [];
    for (let index = 0; index < 4; index += 1) codes.push((await call('POST', 'tickets', token)).code);
    expect(codes).toEqual(['OK', 'OK', 'OK', 'LIMIT_EXCEEDED']);
  });

  it('is for user tokens', async () => {
    expect((await call('POST', 'tickets', TEST_API_KEY)).rule).toBe('users only');
  });
});

describe('API keys', () => {
  it('are made, used, listed without their secret, and revoked', async () => {
    const { id, key } = await makeKey('shop', 'tokens');
    expect((await call('GET', 'check', key)).data).toEqual({ kind: 'api_key', roles: [], scopes: ['tokens'] });
    const listed = await call('GET', 'keys', TEST_API_KEY);
    expect(listed.data['items']).toContainEqual(expect.objectContaining({ id, name: 'shop', scopes: ['tokens'] }));
    expect(JSON.stringify(listed)).not.toContain(key);
    const revoked = await call('DELETE', `keys/${id}`, TEST_API_KEY);
    expect([revoked.status, revoked.data]).toEqual([200, { id }]);
    expect((await call('GET', 'check', key)).status).toBe(401);
    expect((await call('GET', 'keys', TEST_API_KEY)).data['items']).toContainEqual(
      expect.objectContaining({ id, revoked_at: expect.any(Number) as number }),
    );
  });

  it.each([
    ['no name', { scopes: ['read'] }, 'name'],
    ['a name with a space', { name: 'a b', scopes: ['read'] }, 'name'],
    ['the name of the first key', { name: 'bootstrap', scopes: ['read'] }, 'name'],
    ['no scopes', { name: 'x', scopes: [] }, 'scopes'],
    ['an unknown scope', { name: 'x', scopes: ['root'] }, 'scopes[0]'],
    ['too many scopes', { name: 'x', scopes: ['read', 'read', 'read', 'read', 'read', 'read'] }, 'scopes'],
    ['an unknown member', { name: 'x', scopes: ['read'], key: 'mine' }, 'body'],
  ])('are not made with %s', async (_name, body, field) => {
    const answer = await call('POST', 'keys', TEST_API_KEY, body);
    expect([answer.status, answer.code, answer.field]).toEqual([400, 'BAD_REQUEST', field]);
  });

  it('hand on no scope that they lack', async () => {
    const { key } = await makeKey('operator', 'admin');
    const answer = await call('POST', 'keys', key, { name: 'more', scopes: ['tokens'] });
    expect([answer.status, answer.rule]).toEqual([403, 'scope.tokens']);
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'not-a-uuid', "x'%20or%201=1"])(
    'that do not exist (%s) cannot be revoked',
    async (id) => {
      const answer = await call('DELETE', `keys/${id}`, TEST_API_KEY);
      expect([answer.status, answer.code]).toEqual([404, 'NOT_FOUND']);
    },
  );

  it.each([
    ['GET', 'keys'],
    ['POST', 'keys'],
    ['DELETE', 'keys/00000000-0000-4000-8000-000000000000'],
  ])('are nothing for users: %s %s', async (method, path) => {
    expect((await call(method, path, await mint({ user: 'alice' }))).code).toBe('PERMISSION_DENIED');
  });
});

describe('the OpenAPI document', () => {
  it('describes every route with its bodies and refusals', () => {
    const { paths } = JSON.parse(app.get(OpenApi).json()) as {
      paths: Record<string, Record<string, { requestBody?: unknown; responses: object }>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path.replace('/api/v1/auth/', '')}`),
    );
    expect(routes.sort()).toEqual([
      'delete keys/{id}',
      'get check',
      'get keys',
      'post keys',
      'post keys/{id}/rotate',
      'post refresh',
      'post tickets',
      'post tokens',
    ]);
    expect(paths['/api/v1/auth/tokens']?.['post']?.requestBody).toMatchObject({
      content: {
        'application/json': { schema: { required: ['user'], additionalProperties: false, properties: { ttl_s: { type: 'integer' } } } },
      },
    });
    for (const methods of Object.values(paths)) {
      for (const { responses } of Object.values(methods)) expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '429']));
    }
  });
});
