import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/protocol/error-codes.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { operationsOf, requestsFor } from './rest-requests.js';
import { fuzzRuns, fuzzTimeout } from './runs.js';

const RUNS_OF_EACH = 20;
const ANSWER_MS = 15_000;
/** They stop the loop, stop the node or take seconds by design. */
const LEFT_OUT = /\/diagnostics\/|\/drain$/;

const operations = operationsOf(
  JSON.parse(readFileSync('docs/reference/openapi.json', 'utf8')) as Parameters<typeof operationsOf>[0],
).filter(({ path }) => !LEFT_OUT.test(path));

let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_FRAME_BYTES: '16384', WAYBILL_ACCEPT_LAG_MS: '0', WAYBILL_LOG_LEVEL: 'silent' } });
  token = await gateway.token('fuzz');
});
afterAll(() => gateway.stop());

it('finds the routes in the document', () => {
  expect(operations.length).toBeGreaterThan(15);
});

describe('requests of any content to', () => {
  it.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    '%s are answered by the registry, in time',
    { timeout: fuzzTimeout() },
    async (_name, operation) => {
      const credentials = { key: `Bearer ${gateway.apiKey}`, user: `Bearer ${token}`, none: '' };
      await fc.assert(
        fc.asyncProperty(requestsFor(operation), async ({ path, headers, body, credential }) => {
          const authorization = credentials[credential];
          const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
            method: operation.method,
            headers: { ...headers, ...(authorization !== '' && { authorization }) },
            ...(body !== undefined && { body }),
            signal: AbortSignal.timeout(ANSWER_MS),
          });
          const text = await response.text();
          // 503 says that something is away, which it is not; 500 would be a defect.
          expect(response.status, text).toBeLessThan(500);
          if (response.status < 400) return;
          const answer = JSON.parse(text) as { readonly code: string; readonly message: string };
          expect(Object.keys(ERRORS)).toContain(answer.code);
          expect(answer.message).toMatch(/\w+ \w+/);
          expect(text).not.toMatch(/node_modules|\.[jt]s:\d+|at Object\./);
        }),
        fuzzRuns(RUNS_OF_EACH),
      );
    },
  );

  it('leave the gateway as able as it was', async () => {
    const fresh = await gateway.token('after');
    expect(
      (await gateway.rest('POST', '/api/v1/topics/fuzz.after/messages', { data: 1 }, { authorization: `Bearer ${fresh}` })).status,
    ).toBe(201);
    expect(({} as Record<string, unknown>)['extra']).toBeUndefined();
  });
});
