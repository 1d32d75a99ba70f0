import {
  BadRequestException,
  Controller,
  Get,
  HttpException,
  ImATeapotException,
  NotFoundException,
  Post,
  Req,
  ServiceUnavailableException,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawHttp } from '../../../test/support/raw-http.js';
import { type RestServer, startRestServer } from '../../../test/support/rest-server.js';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import { requestContext } from '../../telemetry/request-context.js';

const ANY_KEY = { scope: 'none', users: true } as const;

@Controller('api/v1/example')
class ExampleController {
  @Get('defect')
  @Requires(ANY_KEY)
  defect(): never {
    throw new Error('the password is hunter2');
  }

  @Get('refusal')
  @Requires(ANY_KEY)
  refusal(): never {
    throw new Refusal('UNAVAILABLE', 'not now', { retryAfterMs: 1_500, rule: 'example' });
  }

  @Get('nest/:status')
  @Requires(ANY_KEY)
  nest(@Req() request: FastifyRequest): never {
    const { status } = request.params as { status: string };
    const errors: Record<string, () => HttpException> = {
      '400': () => new BadRequestException('no good'),
      '404': () => new NotFoundException('not here'),
      '418': () => new ImATeapotException('short and stout'),
      '500': () => new HttpException('the password is hunter2', 500),
      '503': () => new ServiceUnavailableException('not now'),
    };
    throw (errors[status] as () => HttpException)();
  }

  @Post('nothing')
  @Requires(ANY_KEY)
  nothing(): void {}

  @Post('context')
  @Requires(ANY_KEY)
  async context(): Promise<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    return requestContext.getStore();
  }

  @Post('reader')
  @Requires({ scope: 'read', users: false })
  reader(): object {
    return { read: true };
  }

  @Get('open')
  @RouteConfig({ open: true })
  open(@Req() request: FastifyRequest): object {
    return { principal: request.principal ?? null };
  }
}

const EXAMPLE = '/api/v1/example';

describe('REST', () => {
  let server: RestServer;
  beforeAll(async () => {
    server = await startRestServer({ controllers: [ExampleController], env: { WAYBILL_ALLOWED_ORIGINS: 'https://app.example.com' } });
  });
  afterAll(() => server.close());

  describe('answers', () => {
    it('puts what a handler returned into the body, with the trace id', async () => {
      const answer = await server.call('POST', `${EXAMPLE}/reader`);
      expect(answer.status).toBe(201);
      expect(answer.json).toEqual({ code: 'OK', message: 'OK', data: { read: true }, trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    });

    it('has a body where a handler returned nothing', async () => {
      const answer = await server.call('POST', `${EXAMPLE}/nothing`);
      expect(answer).toMatchObject({ status: 201, json: { code: 'OK', data: {} } });
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    });

    it('takes an empty body with a content type', async () => {
      expect(await server.call('POST', `${EXAMPLE}/nothing`, '')).toMatchObject({ status: 201 });
    });
  });

  describe('errors', () => {
    it('tells nothing of a defect but the trace id', async () => {
      const answer = await server.call('GET', `${EXAMPLE}/defect`);
      expect(answer).toMatchObject({ status: 500, json: { code: 'INTERNAL', trace_id: expect.any(String) } });
      expect(answer.text).not.toContain('hunter2');
    });

    it('says a refusal in the body and in the headers', async () => {
      const answer = await server.call('GET', `${EXAMPLE}/refusal`);
      expect(answer.status).toBe(503);
      expect(answer.json).toEqual({
        code: 'UNAVAILABLE',
        message: 'not now',
        rule: 'example',
        retry_after_ms: 1_500,
        trace_id: expect.any(String),
      });
      expect(answer.headers.get('retry-after')).toBe('2');
    });

    it.each([
      ['400', 400, 'BAD_REQUEST', 'no good'],
      ['404', 404, 'NOT_FOUND', 'not here'],
      ['418', 400, 'BAD_REQUEST', 'short and stout'],
      ['500', 500, 'INTERNAL', 'a defect in the server; report it with the trace_id'],
      ['503', 503, 'UNAVAILABLE', 'not now'],
    ])("turns Nest's %s into %i %s", async (path, status, code, message) => {
      expect(await server.call('GET', `${EXAMPLE}/nest/${path}`)).toMatchObject({ status, json: { code, message } });
    });
  });

  describe('paths and methods', () => {
    it('lists the methods of a path', async () => {
      const answer = await server.call('PATCH', '/api/v1/topics/a/messages');
      expect(answer).toMatchObject({ status: 405, json: { code: 'METHOD_NOT_ALLOWED' } });
      expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
    });

    it('answers OPTIONS', async () => {
      const answer = await server.call('OPTIONS', '/api/v1/topics/a');
      expect(answer).toMatchObject({ status: 204, text: '' });
      expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS');
    });

    it('answers HEAD like GET, without the body', async () => {
      const answer = await server.call('HEAD', '/api/v1/topics/a');
      expect(answer).toMatchObject({ status: 200, text: '' });
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    });

    it('shows a wrong path escaped and cut', async () => {
      const answer = await server.call('GET', `/${'a'.repeat(300)}?ticket=secret`);
      expect(answer.json.message).toBe(`there is nothing at "/${'a'.repeat(199)}"; /api/docs lists what there is`);
    });

    it('says that /ws wants an upgrade', async () => {
      const answer = await server.call('GET', '/ws');
      expect(answer).toMatchObject({ status: 426, json: { code: 'UPGRADE_REQUIRED' } });
      expect(answer.headers.get('upgrade')).toBe('websocket');
    });

    it('says on the public port that the process lives, and no more', async () => {
      expect(await server.call('GET', '/healthz', undefined, { authorization: '' })).toMatchObject({
        status: 200,
        text: '{"status":"ok"}',
      });
      expect(await server.call('GET', '/metrics')).toMatchObject({ status: 404 });
    });
  });

  describe('who may call', () => {
    const call = (path: string, headers: Readonly<Record<string, string>>) => server.call('POST', path, undefined, headers);

    it('refuses a call without a credential', async () => {
      const answer = await call(`${EXAMPLE}/reader`, { authorization: '' });
      expect(answer).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="waybill"');
    });

    it.each([
      ['an unknown key', () => 'nobody', 401, 'UNAUTHENTICATED', undefined],
      ['a key without the scope', () => server.credentials.key('publish'), 403, 'PERMISSION_DENIED', 'route.scope.read'],
      ['a user where only keys may', () => server.credentials.token('alice'), 403, 'PERMISSION_DENIED', 'route.users'],
      ['a key with the scope', () => server.credentials.key('read'), 201, 'OK', undefined],
    ])('answers %s', async (_name, credential, status, code, rule) => {
      const answer = await call(`${EXAMPLE}/reader`, { authorization: `Bearer ${credential()}` });
      expect(answer).toMatchObject({ status, json: { code } });
      expect(answer.json.rule).toBe(rule);
    });

    it('takes a key by X-API-Key too', async () => {
      expect(await call(`${EXAMPLE}/reader`, { authorization: '', 'x-api-key': server.credentials.key('read') })).toMatchObject({
        status: 201,
      });
    });

    it('reads no credential on open pages', async () => {
      expect((await server.call('GET', `${EXAMPLE}/open`)).json).toEqual({ principal: null });
    });

    it('refuses before the body is read', async () => {
      const raw = RawHttp.open(server.port);
      raw.send(
        `POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\nX-API-Key: nobody\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"data`,
      );
      const head = await raw.until((received) => received.includes('trace_id'));
      raw.close();
      expect(head).toMatch(/^HTTP\/1\.1 401 /);
    });
  });

  describe('telemetry', () => {
    it('observes a request from its arrival to its answer, by the template of its route', async () => {
      server.telemetry.events.length = 0;
      await server.call('GET', '/api/v1/topics/chat.lobby?client=a');
      await expect.poll(() => server.telemetry.of('request.end')).toEqual([['OK']]);
      expect(server.telemetry.of('request')).toEqual([
        [{ method: 'GET', path: '/api/v1/topics/chat.lobby', address: '127.0.0.1', traceparent: undefined }],
      ]);
      expect(server.telemetry.of('request.respond')).toEqual([['/api/v1/topics/:topic', 200]]);
    });

    it.each([
      ['/nothing', 'unknown', 404, 'NOT_FOUND'],
      [`${EXAMPLE}/defect`, `${EXAMPLE}/defect`, 500, 'INTERNAL'],
      [`${EXAMPLE}/refusal`, `${EXAMPLE}/refusal`, 503, 'UNAVAILABLE'],
    ])('records how %s ended', async (path, route, status, code) => {
      server.telemetry.events.length = 0;
      await server.call('GET', path);
      await expect.poll(() => server.telemetry.of('request.end')).toEqual([[code]]);
      expect(server.telemetry.of('request.respond')).toEqual([[route, status]]);
    });

    it('binds the context for the whole life of a handler, behind a body that comes late too', async () => {
      server.telemetry.events.length = 0;
      const raw = RawHttp.open(server.port);
      const token = server.credentials.token('alice');
      raw.send(
        `POST ${EXAMPLE}/context HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`,
      );
      await expect.poll(() => server.telemetry.of('request')).toHaveLength(1);
      raw.send('{}');
      const answer = await raw.until((received) => received.endsWith('}'));
      raw.close();
      const { data, trace_id: traceId } = JSON.parse(answer.slice(answer.indexOf('{'))) as { data: unknown; trace_id: string };
      expect(data).toEqual({ traceId, user: 'alice' });
    });

    it("hands on the caller's traceparent", async () => {
      server.telemetry.events.length = 0;
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await server.call('POST', '/api/v1/topics/traced/messages', '{"data":1}', { traceparent });
      expect(server.telemetry.of('request')).toMatchObject([[{ traceparent }]]);
      expect(server.telemetry.of('publish')).toMatchObject([[{ trace: traceparent, door: 'rest' }]]);
    });
  });

  describe('browsers', () => {
    const preflight = (origin: string) =>
      server.call('OPTIONS', '/api/v1/broadcast', undefined, {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key',
      });

    it('lets pages of an allowed origin in', async () => {
      const answer = await preflight('https://app.example.com');
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
      expect(answer.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    });

    it.each([
      'https://evil.example.com',
      'https://app.example.com.evil.org',
      'http://app.example.com',
      'https://app.example.com:8443',
      'null',
    ])('tells %s nothing', async (origin) => {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      const answer = await server.call('GET', '/api/v1/topics', undefined, { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toContain('Origin');
    });

    it('lets pages read refusals too', async () => {
      const answer = await server.call('GET', '/api/v1/topics', undefined, { origin: 'https://app.example.com', authorization: '' });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
      expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After');
    });
  });
});

describe('limits', () => {
  it('limits the requests of an address, unknown paths included', async () => {
    const server = await startRestServer({ env: { WAYBILL_REQUESTS_PER_SECOND: '1' } });
    const answers = [
      await server.call('GET', '/api/v1/topics'),
      await server.call('GET', '/nothing'),
      await server.call('GET', '/api/v1/topics'),
    ];
    const alive = await server.call('GET', '/healthz');
    await server.close();
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 429]);
    expect(answers[2]?.json).toMatchObject({ code: 'RATE_LIMITED', retry_after_ms: expect.any(Number) });
    expect(answers[2]?.headers.get('retry-after')).toBe('1');
    expect(server.telemetry.of('rateLimited')).toEqual([['address']]);
    expect(alive.status).toBe(200);
  });

  it('refuses newcomers while the node stops; while it is drained, only those who would stay', async () => {
    const server = await startRestServer();
    server.admission.drain();
    expect((await server.call('POST', '/api/v1/broadcast', '{"data":1}')).status).toBe(201);
    const stream = await server.call('GET', '/api/v1/topics/room/messages', undefined, { accept: 'text/event-stream' });
    expect(stream).toMatchObject({ status: 503, json: { code: 'DRAINING', message: expect.stringContaining('drained by an operator') } });
    server.admission.onModuleDestroy();
    server.admission.reopen();
    expect((await server.call('POST', '/api/v1/broadcast', '{"data":1}')).status).toBe(201);
    const last = await server.call('GET', '/api/v1/topics/room/messages', undefined, { accept: 'text/event-stream' });
    expect(last).toMatchObject({ status: 503, json: { code: 'DRAINING', message: expect.stringContaining('is shutting down') } });
    server.admission.stop();
    server.admission.reopen();
    const answer = await server.call('POST', '/api/v1/broadcast', '{"data":1}');
    const alive = await server.call('GET', '/healthz');
    await server.close();
    expect(answer).toMatchObject({ status: 503, json: { code: 'DRAINING', retry_after_ms: 1_000 } });
    expect(alive.status).toBe(200);
  });
});

describe('the start', () => {
  it('stops at a route that declares no permission', async () => {
    @Controller('api/v1/careless')
    class CarelessController {
      @Get('door')
      door(): void {}
    }
    await expect(startRestServer({ controllers: [CarelessController] })).rejects.toThrow(
      'GET /api/v1/careless/door declares no permission',
    );
  });

  it('stops at two routes for one path', async () => {
    @Controller('api/v1')
    class SecondController {
      @Post('broadcast')
      @Requires(ANY_KEY)
      broadcast(): void {}
    }
    await expect(startRestServer({ controllers: [SecondController] })).rejects.toThrow(/broadcast/);
  });

  it('stops without its hooks', async () => {
    await expect(startRestServer({ serve: () => undefined })).rejects.toThrow('call serveRest(app)');
  });
});
