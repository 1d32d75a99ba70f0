import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.js';
import type { AutobahnCase } from './case.js';
import { CORE_CASES, groupOf, GROUPS } from './cases/all.js';
import { limitCases } from './cases/limits.js';
import { EchoModule } from './echo.js';
import { caseTable, summaryTable } from './report.js';
import { type CaseResult, runCase } from './session.js';

/** `npm run test:autobahn` runs group 9 too. */
const WITH_LIMITS = process.env['AUTOBAHN_LIMITS'] === '1';
const CASES: readonly AutobahnCase[] = WITH_LIMITS ? [...CORE_CASES, ...limitCases()] : CORE_CASES;
const REPORT = 'test-results/autobahn.md';

/** Where a server may be less strict and still conform: the list that python-websockets documents. */
const MAY_BE_LENIENT = /^(?:3\.[23]|4\.1\.[34]|4\.2\.[34]|5\.15|6\.4\.[1-4])$/;
const MAY_BE_OPEN = /^(?:7\.1\.6|7\.13\.[12])$/;

const results: CaseResult[] = [];
let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  gateway = await startGateway({
    env: {
      WAYBILL_FRAME_BYTES: '1048576',
      WAYBILL_FRAME_FRAGMENTS: '4096',
      WAYBILL_BUFFERED_CHUNKS: '65536',
      WAYBILL_QUEUE_BYTES: '67108864',
      WAYBILL_PINGS_PER_SECOND: '100',
      WAYBILL_PING_INTERVAL_MS: '0',
      WAYBILL_ACCEPT_LAG_MS: '0',
    },
    modules: [EchoModule],
    // Group 9 sends messages of 16 MiB in up to 65,536 fragments, which no option allows.
    ...(WITH_LIMITS && { limits: { frameBytes: 16_777_216, frameFragments: 65_536 } }),
  });
  token = await gateway.token('autobahn');
});

afterAll(async () => {
  await gateway.stop();
  const summary = summaryTable(results);
  console.log(summary);
  await mkdir('test-results', { recursive: true });
  await writeFile(REPORT, `${summary}\n${caseTable(results, new Map(CASES.map(({ id, input }) => [id, input])))}`);
});

it('has every case of the groups, once', () => {
  const ids = CASES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const groups = GROUPS.filter(({ group }) => group !== '9' || WITH_LIMITS);
  expect(groups.map(({ group }) => [group, ids.filter((id) => groupOf(id) === group).length])).toEqual(
    groups.map(({ group, cases }) => [group, cases]),
  );
  expect(CORE_CASES).toHaveLength(247);
});

describe('Autobahn case', () => {
  it.each(CASES.map((test) => [test.id, test.input, test] as const))('%s %s', { timeout: 120_000 }, async (id, _input, test) => {
    const result = await runCase(gateway.port, token, test);
    results.push(result);
    const allowed = ['OK', ...(MAY_BE_LENIENT.test(id) ? ['NON-STRICT'] : []), ...(MAY_BE_OPEN.test(id) ? ['INFORMATIONAL'] : [])];
    expect(allowed, result.detail).toContain(result.verdict);
  });
});
