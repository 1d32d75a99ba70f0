import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WaybillClient } from '@waybill/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OrdersModule } from '../../examples/snippets/orders.js';
import { showWhoIsHere } from '../../examples/snippets/presence-list.js';
import { publishOrderEvent } from '../../examples/snippets/publish-from-backend.js';
import { submitOrder } from '../../examples/snippets/submit-order.js';
import '../../examples/snippets/testing/unread-counter.spec.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { Script } from './script.js';

const SNIPPETS = 'examples/snippets';
const EXAMPLES = [SNIPPETS, 'examples/transaction', 'examples/devices'];

let gateway: TestGateway;
let address: string;
const clients: WaybillClient[] = [];
const scripts: Script[] = [];

beforeAll(async () => {
  gateway = await startGateway({ modules: [OrdersModule], env: { WAYBILL_PRESENCE_COALESCE_MS: '20' } });
  address = `http://127.0.0.1:${gateway.port}`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const script of scripts.splice(0)) await script.kill();
});
afterAll(() => gateway.stop());

async function clientOf(user: string): Promise<WaybillClient> {
  const client = new WaybillClient(address, { token: await gateway.token(user) });
  clients.push(client);
  return client;
}

function run(path: string, ...parameters: readonly string[]): Script {
  const script = new Script(join(SNIPPETS, path), ...parameters);
  scripts.push(script);
  return script;
}

describe('the examples', () => {
  it('have the types they claim, those for browsers included', () => {
    // Throws with the compiler's messages as its output.
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples/tsconfig.json'], { stdio: 'pipe' });
  });

  it('are all shown on a page', async () => {
    const templates = await Promise.all(
      ['examples.md', 'client-readme.md', 'sql-publish.md', 'devices.md'].map((name) => readFile(join('src/docs/templates', name), 'utf8')),
    );
    const folders = EXAMPLES.map((folder) => readdir(folder, { recursive: true, withFileTypes: true }));
    const files = (await Promise.all(folders)).flat().filter((entry) => entry.isFile());
    const hidden = files.map((file) => join(file.parentPath, file.name)).filter((path) => !templates.join().includes(`include: ${path} `));
    expect(hidden).toEqual([]);
  });
});

describe('first-steps.ts', () => {
  it('prints what it published and ends by itself', async () => {
    const script = run('first-steps.ts', address, await gateway.token('alice'));
    expect(await script.ended(), script.output).toBe(0);
    expect(script.output).toContain('1 hello from Node\n');
    expect(script.output).toContain('stored as 1\n');
  });
});

describe('publish-from-backend.ts', () => {
  it('stores an event once, whose first answer was lost', async () => {
    let requests = 0;
    const passOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      requests += 1;
      const answer = await gateway.rest('POST', request.url ?? '', await text(request), {
        'content-type': 'application/json',
        'idempotency-key': String(request.headers['idempotency-key']),
      });
      if (requests === 1) request.socket.destroy();
      else response.writeHead(answer.status).end(JSON.stringify(answer.body));
    };
    const lossy = createServer((request, response) => void passOn(request, response));
    lossy.listen(0, '127.0.0.1');
    await once(lossy, 'listening');
    try {
      const url = `http://127.0.0.1:${(lossy.address() as AddressInfo).port}`;
      expect(await publishOrderEvent(url, gateway.apiKey, '42', 'paid')).toMatchObject({ seq: 1, duplicate: true });
      expect(requests).toBe(2);
      expect(await publishOrderEvent(address, gateway.apiKey, '42', 'shipped')).toMatchObject({ topic: 'orders.42', seq: 2 });
    } finally {
      lossy.closeAllConnections();
      lossy.close();
    }
  });

  it('does not repeat what is refused', async () => {
    await expect(publishOrderEvent(address, 'no-such-key', '42', 'paid')).rejects.toThrow(/^UNAUTHENTICATED: /);
  });
});

describe('orders.ts and submit-order.ts', () => {
  it('call an action of one’s own', async () => {
    const client = await clientOf('alice');
    expect(await submitOrder(client, 'tea')).toBe('Your order has number 1');
    expect(await submitOrder(client, 'milk')).toBe('Your order has number 2');
    expect(await submitOrder(client, 7)).toBe('Please correct data.item');
  });
});

describe('presence-list.ts', () => {
  it('follows who comes and goes', async () => {
    const [alice, bob] = [await clientOf('alice'), await clientOf('bob')];
    let users: readonly string[] = [];
    const end = await showWhoIsHere(alice, 'chat.room', (now) => (users = now));
    await expect.poll(() => users).toEqual(['alice']);
    const bobs = bob.subscribe('chat.room');
    await expect.poll(() => users).toEqual(['alice', 'bob']);
    bobs.unsubscribe();
    await expect.poll(() => users).toEqual(['alice']);
    end();
  });
});

describe('resume-after-restart.ts', () => {
  it('goes on after the last message it dealt with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waybill-example-'));
    const parameters = [address, await gateway.token('alice'), join(folder, 'position.json')] as const;
    const publish = (data: number): Promise<unknown> => gateway.rest('POST', '/api/v1/topics/orders.all/messages', { data });
    try {
      await publish(10);
      const first = run('resume-after-restart.ts', ...parameters);
      await expect.poll(() => first.output, { timeout: 10_000 }).toContain('1 10\n');
      await publish(20);
      await expect.poll(() => first.output).toContain('2 20\n');
      await first.kill();
      await publish(30);
      const second = run('resume-after-restart.ts', ...parameters);
      await expect.poll(() => second.output, { timeout: 10_000 }).toContain('3 30\n');
      await publish(40);
      await expect.poll(() => second.output).toContain('4 40\n');
      expect(second.output).not.toMatch(/^[12] /m);
    } finally {
      for (const script of scripts.splice(0)) await script.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
