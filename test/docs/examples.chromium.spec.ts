import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

const PAGE = 'examples/snippets/browser';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

let browser: Browser;
let site: Server;
let gateway: TestGateway;
let origin: string;

beforeAll(async () => {
  site = createServer((request, response) => {
    const send = (text: string, type = 'text/plain'): void => void response.setHeader('content-type', type).end(text);
    answer(request.url ?? '/', send).catch((error: unknown) => response.writeHead(404).end(String(error)));
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  gateway = await startGateway({ env: { WAYBILL_ALLOWED_ORIGINS: origin } });
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  site.closeAllConnections();
  site.close();
});

/** What the application's own web server does: pages, the client package as files, and a token for whoever is logged in. */
async function answer(url: string, send: (text: string, type?: string) => void): Promise<void> {
  if (url === '/token') return send(await gateway.token('alice', { topics: { subscribe: ['chat.*'], publish: ['chat.*'] } }));
  const path = url.startsWith('/waybill-client/')
    ? join('client/dist', url.slice('/waybill-client/'.length))
    : join(PAGE, url === '/' ? 'index.html' : basename(url));
  const text = await readFile(path, 'utf8');
  send(text.replace('https://push.example.com', `http://127.0.0.1:${gateway.port}`), TYPES[extname(path)]);
}

describe('the page for browsers', () => {
  it('connects, shows what others write, and publishes', async () => {
    const page = await browser.newPage();
    const uncaught: string[] = [];
    page.on('pageerror', (error) => uncaught.push(String(error)));
    await page.goto(origin);
    await page.getByText(/^connected as alice \(\S+\)$/).waitFor();
    const lines = (): Promise<string[]> => page.locator('#lines li').allTextContents();

    await page.locator('input').fill('hello from the page');
    await page.locator('input').press('Enter');
    await expect.poll(lines).toEqual(['hello from the page']);
    await gateway.rest('POST', '/api/v1/topics/chat.lobby/messages', { data: 'hello from the backend' });
    await expect.poll(lines).toEqual(['hello from the page', 'hello from the backend']);
    expect(await page.locator('input').inputValue()).toBe('');
    expect(uncaught).toEqual([]);
  });
});
