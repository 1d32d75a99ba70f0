import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';

interface Span {
  readonly name: string;
  readonly kind: string;
  readonly span_id: string;
  readonly trace_id: string;
  readonly parent_span_id?: string;
  readonly links?: readonly { readonly trace_id: string; readonly span_id: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

describe('what operators see of the built program', () => {
  let database: TestDatabase;
  let program: Program;
  let key: string;
  let socket: TestSocket;

  beforeAll(async () => {
    database = await migratedDatabase();
    program = await Program.start({ env: { DATABASE_URL: database.url, WAYBILL_TRACE_RATIO: '1', WAYBILL_TRACE_RATE: '10000' } });
    key = (await readFile(join(program.dataDir, 'api-key'), 'utf8')).trim();
    const minted = await rest('POST', '/api/v1/auth/tokens', { user: 'alice', topics: { subscribe: ['*'], publish: ['*'] } });
    socket = await TestSocket.connect(program.port, (minted['data'] as { token: string }).token);
    await socket.request('topic.subscribe', { topics: [{ topic: 'metered.a' }] });
  }, 180_000);
  afterAll(async () => {
    await socket?.close();
    await program?.dispose();
    await database?.drop();
  });

  it('counts exactly what was sent', async () => {
    const before = await metrics();
    for (let index = 0; index < 7; index += 1) await socket.request('topic.publish', { topic: 'metered.a', data: index });
    for (let index = 0; index < 5; index += 1) await rest('POST', '/api/v1/topics/metered.a/messages', { data: index });
    await socket.request('topic.publish', { topic: 'no good', data: 1 });
    await socket.untilMessages('metered.a', 12);
    const after = await metrics();
    const grown = (pattern: RegExp): number => sum(after, pattern) - sum(before, pattern);
    expect(grown(/^waybill_publishes_total\{.*source="socket".*result="OK"|^waybill_publishes_total\{.*result="OK".*source="socket"/)).toBe(
      7,
    );
    expect(grown(/^waybill_publishes_total\{.*source="rest".*result="OK"|^waybill_publishes_total\{.*result="OK".*source="rest"/)).toBe(5);
    expect(grown(/^waybill_deliveries_total\{.*result="matched"/)).toBe(12);
    expect(grown(/^waybill_deliveries_total\{.*result="written"/)).toBe(12);
    expect(grown(/^waybill_commands_total\{.*action="topic.publish"/)).toBe(8);
    expect(sum(after, /^waybill_connections\{/)).toBe(1);
  });

  it('traces a REST publish through request, publish, append and deliver', async () => {
    const published = await rest('POST', '/api/v1/topics/metered.a/messages', { data: 'traced' });
    const traceId = published['trace_id'] as string;
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    const spans = await trace(traceId, 4);
    const request = named(spans, /^POST \/api\/v1\/topics\/.*messages$/);
    const publish = named(spans, /^publish /);
    expect(publish.parent_span_id).toBe(request.span_id);
    expect(named(spans, /^append/).parent_span_id).toBe(publish.span_id);
    const deliver = named(spans, /^deliver /);
    expect(deliver.trace_id).toBe(traceId);
    expect(spans.map((span) => span.span_id)).toContain(deliver.parent_span_id);
  });

  it('links the trace of a socket publish to its handshake', async () => {
    const all = await rest('GET', '/api/v1/ops/traces?limit=500');
    const roots = (all['data'] as { items: readonly { trace_id: string; name: string }[] }).items;
    const handshake = roots.find((root) => root.name === 'GET /ws');
    expect(handshake).toBeDefined();
    const traces = await Promise.all(roots.filter((root) => /publish/.test(root.name)).map((root) => trace(root.trace_id, 1)));
    const linked = traces.flat().filter((span) => span.links?.some((link) => link.trace_id === handshake?.trace_id) === true);
    expect(linked.some((span) => /publish/.test(span.name))).toBe(true);
  });

  it('says who is connected', async () => {
    const list = await rest('GET', '/api/v1/ops/connections?user=alice');
    expect(list['data']).toMatchObject({
      items: [{ user: 'alice', state: 'open', address: '127.0.0.1', topics: expect.arrayContaining(['metered.a']) as unknown }],
    });
  });

  it('shows event streams beside sockets, and why each ended', async () => {
    const stream = new AbortController();
    const address = `http://127.0.0.1:${program.port}/api/v1/topics/metered.a/messages`;
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${key}` };
    const answer = await fetch(address, { headers, signal: stream.signal });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const open = await rest('GET', '/api/v1/ops/connections?topic=metered.a&sort=opened_at');
    const items = (open['data'] as { items: readonly { id: string; protocol: string }[] }).items;
    expect(items.map((item) => item.protocol)).toEqual(['ws', 'sse']);
    const { id } = items[1] as { id: string };
    expect(await rest('DELETE', `/api/v1/ops/connections/${id}`)).toMatchObject({ code: 'OK' });
    expect(await answer.text()).toContain('"code":4400');
    await expect
      .poll(() => rest('GET', `/api/v1/ops/connections/${id}`))
      .toMatchObject({ data: { state: 'closed', topics: ['metered.a'], close: { code: 4400, initiator: 'server' } } });
  });

  async function rest(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    const answer = await fetch(`http://127.0.0.1:${program.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  }

  async function metrics(): Promise<readonly string[]> {
    const answer = await fetch(`http://127.0.0.1:${program.opsPort}/metrics`);
    return (await answer.text()).split('\n');
  }

  async function trace(traceId: string, atLeast: number): Promise<readonly Span[]> {
    let spans: readonly Span[] = [];
    await expect
      .poll(async () => {
        const answer = await rest('GET', `/api/v1/ops/traces/${traceId}`);
        spans = (answer['data'] as { spans: readonly Span[] } | undefined)?.spans ?? [];
        return spans.length;
      })
      .toBeGreaterThanOrEqual(atLeast);
    return spans;
  }
});

function sum(lines: readonly string[], pattern: RegExp): number {
  return lines
    .filter((line) => pattern.test(line))
    .reduce(
      (total, line) =>
        total +
        Number(
          line
            .slice(line.lastIndexOf('}') + 1)
            .trim()
            .split(' ')[0],
        ),
      0,
    );
}

function named(spans: readonly Span[], pattern: RegExp): Span {
  const found = spans.find((span) => pattern.test(span.name));
  if (found === undefined) throw new Error(`no span ${String(pattern)} among ${spans.map((span) => span.name).join(', ')}`);
  return found;
}
