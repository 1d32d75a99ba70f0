import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Places } from '../../scripts/stack/places.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { freePorts } from '../support/ports.js';
import { TestSocket } from '../support/socket.js';
import { toolPath } from '../support/tools.js';

const CONFIG = 'stack/nginx.conf';
/** What it includes, as docker-compose.yml mounts it. */
const INCLUDED = ['http.conf', 'nodes.conf', 'release.conf', 'gateway.conf'];
const INSIDE = '/etc/nginx/waybill';

/** The proxy of docker-compose.yml, with its own files. One gateway stands for both nodes; test/cluster has two behind it. */
describe('the proxy', () => {
  let directory: string;
  let places: Places;
  let gateway: TestGateway;
  let nginx: ChildProcess;
  let log: string;

  beforeAll(async () => {
    // A machine that is busy with other tests is no reason to turn clients away here.
    gateway = await startGateway({ env: { WAYBILL_TRUSTED_PROXIES: '127.0.0.1', WAYBILL_ACCEPT_LAG_MS: '0' } });
    directory = mkdtempSync(join(tmpdir(), 'waybill-proxy-'));
    log = join(directory, 'log');
    for (const part of ['', 'tmp']) {
      mkdirSync(join(directory, part), { recursive: true });
      chmodSync(join(directory, part), 0o777);
    }
    symlinkSync(resolve('docs'), join(directory, 'docs'));
    const text = readFileSync(CONFIG, 'utf8');
    places = new Places(
      [
        { name: 'waybill-1', paths: [], published: [], addresses: [] },
        { name: 'waybill-2', paths: [], published: [], addresses: [] },
        {
          name: 'proxy',
          paths: [
            ['/tmp', join(directory, 'tmp')],
            ['/srv/docs', join(directory, 'docs')],
            ...INCLUDED.map((file) => [`${INSIDE}/${file}`, join(directory, file)] as const),
          ],
          published: [],
          addresses: [],
        },
      ],
      [gateway.port, gateway.port, ...(await freePorts(2))],
    );
    for (const node of ['waybill-1', 'waybill-2']) places.port(node, 8080);
    places.learn('proxy', text);
    const config = join(directory, 'nginx.conf');
    writeFileSync(config, places.rewrite('proxy', CONFIG, text));
    for (const file of INCLUDED) {
      const source = `deploy/nginx/${file}`;
      expect(readFileSync('docker-compose.yml', 'utf8')).toContain(`./${source}:${INSIDE}/${file}:ro`);
      writeFileSync(join(directory, file), places.rewrite('proxy', source, readFileSync(source, 'utf8')));
    }
    const output = openSync(log, 'a');
    nginx = spawn(toolPath('nginx'), ['-c', config, '-g', 'daemon off;'], { stdio: ['ignore', output, output] });
    await vi.waitFor(async () => expect(await status('/docs/')).toBe(200), 10_000);
  });

  afterAll(async () => {
    const exited = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await exited;
    await gateway.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const status = (path: string): Promise<number | undefined> =>
    fetch(places.url('proxy', 8088, path)).then(
      (answer) => answer.status,
      () => undefined,
    );

  async function rest(method: string, path: string, body?: string): Promise<Response> {
    return fetch(places.url('proxy', 8080, `/api/v1/${path}`), {
      method,
      headers: { authorization: `Bearer ${TEST_API_KEY}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    });
  }

  it('has a configuration without a complaint', () => {
    // It opens what it would log to, which a pipe is not: a file, as in a container.
    const output = join(directory, 'tested');
    const { status: code } = spawnSync(toolPath('nginx'), ['-t', '-c', join(directory, 'nginx.conf')], {
      stdio: ['ignore', openSync(output, 'w'), openSync(output, 'a')],
    });
    const said = readFileSync(output, 'utf8');
    expect(said).toContain('test is successful');
    expect(said).not.toMatch(/\[(?:warn|emerg)\]/);
    expect(code).toBe(0);
  });

  it('hands a WebSocket on, messages both ways, and its close code', async () => {
    const socket = await TestSocket.connect(places.port('proxy', 8080), await gateway.token('alice'));
    expect(await socket.request('topic.subscribe', { topics: [{ topic: 'chat.proxy' }] })).toMatchObject({ code: 'OK' });
    expect((await rest('POST', 'topics/chat.proxy/messages', '{"data":{"n":1}}')).status).toBe(201);
    await socket.find((frame) => frame['topic'] === 'chat.proxy' && (frame['data'] as { n?: number } | undefined)?.n === 1);
    const { data } = (await (await rest('GET', 'ops/connections?user=alice')).json()) as { data: { items: { id: string }[] } };
    expect((await rest('DELETE', `ops/connections/${data.items[0]?.id ?? ''}`)).status).toBeLessThan(300);
    expect((await socket.closed).code).toBeGreaterThan(4000);
  });

  it("tells the client's address, and none that the client made up", async () => {
    const token = await gateway.token('bob');
    const socket = new WebSocket(`ws://127.0.0.1:${places.port('proxy', 8080)}/ws`, 'waybill.v1', {
      headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.7' },
      localAddress: '127.0.0.9',
    });
    await once(socket, 'open');
    const { data } = (await (await rest('GET', 'ops/connections?user=bob')).json()) as { data: { items: { address: string }[] } };
    expect(data.items.map(({ address }) => address)).toEqual(['127.0.0.9']);
    socket.close();
  });

  it('hands events on when they happen', async () => {
    const aborted = new AbortController();
    const events = await fetch(places.url('proxy', 8080, '/api/v1/topics/chat.events/messages'), {
      headers: { authorization: `Bearer ${await gateway.token('carol')}`, accept: 'text/event-stream' },
      signal: aborted.signal,
    });
    expect(events.status).toBe(200);
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    await rest('POST', 'topics/chat.events/messages', '{"data":{"n":"at once"}}');
    let text = '';
    while (!text.includes('at once')) text += Buffer.from((await reader.read()).value ?? []).toString();
    aborted.abort();
  });

  it("leaves what is too big to the gateway's own words", async () => {
    const answer = await rest('POST', 'topics/chat.big/messages', JSON.stringify({ data: 'x'.repeat(200_000) }));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('serves the documents to read, and nothing else', async () => {
    const answer = await fetch(places.url('proxy', 8088, '/docs/config.md'));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await status('/docs/../package.json')).toBe(404);
    expect(await status('/docs../package.json')).toBe(404);
    expect(await status('/etc/passwd')).toBe(404);
  });

  it('logs requests as lines of JSON, without what may hold a token', async () => {
    await fetch(places.url('proxy', 8080, '/api/v1/nothing?token=mark-4711'));
    await expect.poll(() => readFileSync(log, 'utf8')).toContain('/api/v1/nothing');
    const text = readFileSync(log, 'utf8');
    expect(text).not.toContain('mark-4711');
    const line = text.split('\n').find((each) => each.includes('/api/v1/nothing')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ method: 'GET', path: '/api/v1/nothing', status: '404', client: '127.0.0.1' });
  });
});
