import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RestServer, startRestServer } from '../../../../test/support/rest-server.js';

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema?: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: { readonly properties?: object } }>> }
    >
  >;
}

let server: RestServer;
beforeAll(async () => {
  server = await startRestServer();
});
afterAll(() => server.close());

/** As a browser would ask: without a credential. */
const get = (path: string) => server.call('GET', path, undefined, { authorization: '' });

describe('the OpenAPI document', () => {
  const operations = async (): Promise<readonly (readonly [string, Operation])[]> => {
    const { paths } = JSON.parse((await get('/api/docs-json')).text) as { paths: Record<string, Record<string, Operation>> };
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    );
  };

  it('has the routes of the protocol and nothing that is no REST', async () => {
    expect((await operations()).map(([route]) => route).sort()).toEqual([
      'DELETE /api/v1/topics/{topic}',
      'GET /api/v1/topics',
      'GET /api/v1/topics/{topic}',
      'GET /api/v1/topics/{topic}/messages',
      'GET /api/v1/topics/{topic}/presence',
      'POST /api/v1/broadcast',
      'POST /api/v1/messages',
      'POST /api/v1/topics/{topic}/messages',
      'POST /api/v1/users/{user}/messages',
    ]);
  });

  it('describes every answer, refusal, body and parameter', async () => {
    for (const [route, operation] of await operations()) {
      expect(operation.summary, route).toBeTruthy();
      const success = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
      expect(success, route).toHaveLength(1);
      for (const [status, response] of Object.entries(operation.responses)) {
        const schema = response.content?.['application/json']?.schema;
        expect(schema?.properties, `${route} ${status}`).toHaveProperty(status.startsWith('2') ? 'data' : 'code');
      }
      for (const status of ['401', '429', '500', '503']) expect(operation.responses, route).toHaveProperty(status);
      if (route.startsWith('POST')) expect(operation.requestBody?.content['application/json']?.schema, route).toHaveProperty('properties');
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
        route,
      ).toEqual(inPath);
    }
  });

  it('has an id of its own for each operation', async () => {
    const ids = (await operations()).map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tells of the event stream', async () => {
    const operation = (await operations()).find(([route]) => route === 'GET /api/v1/topics/{topic}/messages')?.[1];
    expect(operation?.responses['200']?.content).toHaveProperty(['text/event-stream']);
  });
});

describe('the page of the documents', () => {
  it('loads nothing but its own parts', async () => {
    const page = await get('/api/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(page.text).not.toMatch(/<script(?! src="\/api\/docs\/)/);
    const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(parts).toHaveLength(4);
    for (const path of parts) expect(await get(path), path).toMatchObject({ status: 200 });
    expect((await get('/api/docs/start.js')).text).toContain("url: '/api/docs-json'");
  });

  it.each([
    '/api/docs/swagger-ui-bundle.js.map',
    '/api/docs/package.json',
    '/api/docs/..%2fpackage.json',
    '/api/docs/__proto__',
    '/api/docs/toString',
  ])('does not serve %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });
});

describe('the AsyncAPI document', () => {
  it('is served to everybody', async () => {
    const answer = await get('/api/asyncapi.json');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer).toMatchObject({ status: 200, json: { asyncapi: '3.0.0' } });
  });
});
