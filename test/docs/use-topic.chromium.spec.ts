import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, ScriptPage } from '../support/chromium.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

/** The hook of the examples in a real React page, bundled as an application would be. */
describe('useTopic', () => {
  let browser: Browser;
  let site: ScriptPage;
  let gateway: TestGateway;
  let page: Page;

  beforeAll(async () => {
    site = await ScriptPage.serving(await bundled());
    gateway = await startGateway({ env: { WAYBILL_ALLOWED_ORIGINS: site.origin } });
    browser = await launchChromium();
    page = await browser.newPage();
    page.on('pageerror', (error) => site.uncaught.push(String(error)));
    const query = new URLSearchParams({ gateway: `http://127.0.0.1:${gateway.port}`, token: await gateway.token('alice') });
    await page.goto(`${site.origin}/?${query.toString()}`);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await site?.close();
  });

  it('shows the last messages to every component of a topic', async () => {
    await expect.poll(() => subscribers('hook.one')).toBe(1);
    for (const data of [1, 2, 3]) await publish('hook.one', data);
    await expect.poll(() => text('a')).toBe('hook.one: 2 3');
    await expect.poll(() => text('b')).toBe('hook.one: 2 3');
  });

  it('follows the topic, and ends the subscription with its last component', async () => {
    await page.locator('#two').click();
    await expect.poll(() => subscribers('hook.two')).toBe(1);
    expect(await text('a')).toBe('hook.two: ');
    expect(await subscribers('hook.one')).toBe(1);
    await page.locator('#alone').click();
    await expect.poll(() => subscribers('hook.one')).toBe(0);
    await publish('hook.two', 4);
    await expect.poll(() => text('a')).toBe('hook.two: 4');
    expect((await page.evaluate<string[]>('shown.a')).slice(-3)).toEqual(['hook.one: 2 3', 'hook.two: ', 'hook.two: 4']);
  });

  it('tells why there is nothing', async () => {
    await page.locator('#wrong').click();
    await expect.poll(() => text('a')).toBe('BAD_REQUEST');
    expect(site.uncaught).toEqual([]);
  });

  async function publish(topic: string, data: number): Promise<void> {
    expect((await gateway.rest('POST', `/api/v1/topics/${topic}/messages`, { data })).status).toBe(201);
  }

  async function subscribers(topic: string): Promise<number> {
    const answer = await gateway.rest('GET', `/api/v1/ops/connections?topic=${topic}`);
    return (answer.body.data as { items: [] }).items.length;
  }

  function text(id: string): Promise<string | null> {
    return page.locator(`#${id}`).textContent();
  }
});

async function bundled(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('react-page.ts', import.meta.url)),
    platform: 'browser',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    logLevel: 'silent',
  });
  try {
    const { output } = await build.generate({ format: 'es' });
    return output[0].code;
  } finally {
    await build.close();
  }
}
