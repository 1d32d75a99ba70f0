import type { Browser, BrowserContext, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, ScriptPage } from '../support/chromium.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';

const PASSWORD = 'the first admin of these tests';
const MARKUP = '<img src=x onerror="document.title=\'run\';alert(1)"><script>document.title="run"</script>';

let gateway: TestGateway;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_OPERATOR_PASSWORD: PASSWORD } });
  origin = `http://127.0.0.1:${gateway.port}`;
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

/** A page that notes what its policy kept from happening, and what happened all the same. */
async function watchedPage(context: BrowserContext): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, complaints };
}

async function signedIn(): Promise<BrowserContext> {
  const { cookie } = await OperatorSession.of(gateway.port, 'admin', PASSWORD);
  const context = await browser.newContext();
  await context.addCookies([
    { name: 'waybill_session', value: cookie, domain: '127.0.0.1', path: '/', httpOnly: true, sameSite: 'Strict' },
  ]);
  return context;
}

describe('S55 the page of the documents', () => {
  it('S55 works under its policy, and the policy has nothing to complain of', async () => {
    const context = await browser.newContext();
    const { page, complaints } = await watchedPage(context);
    await page.goto(`${origin}/api/docs`);
    await page.waitForSelector('.opblock-summary-path');
    expect(await page.locator('.opblock').count()).toBeGreaterThan(20);
    await page.locator('.opblock-summary-control').first().click();
    await page.waitForSelector('.opblock-body');
    expect(complaints).toEqual([]);
    // The policy is there and works: what is written into the page does not run.
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'document.title = "run"';
      document.body.append(script);
    }`);
    expect(await page.title()).toBe('Waybill REST');
    expect(complaints).toHaveLength(1);
    await context.close();
  });
});

describe('S56 markup that somebody stored', () => {
  it.each([
    ['a payload', (topic: string) => `/api/v1/topics/${topic}/messages`],
    ['a refusal that repeats what came', () => `/api/v1/${encodeURIComponent(MARKUP)}`],
  ])('S56 in %s is text to a browser that opens it', async (_name, path) => {
    await gateway.rest('POST', '/api/v1/topics/s56.xss/messages', { data: { device: MARKUP } });
    const context = await signedIn();
    const { page, complaints } = await watchedPage(context);
    const response = (await page.goto(origin + path('s56.xss'))) as Response;
    expect(response.headers()).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' });
    expect(await page.locator('body').textContent()).toContain('onerror');
    expect([await page.locator('img').count(), await page.title()]).toEqual([0, '']);
    // A browser notes a refused status on its console, and that is all.
    expect(complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
    await context.close();
  });
});

describe('S53 another site, in a browser', () => {
  it('S53 has the cookie sent along, from another port of the same host, and yet changes nothing', async () => {
    const evil = await ScriptPage.serving(`
      const body = JSON.stringify({ name: 'planted', role: 'admin', password: 'correct horse battery staple' });
      const url = '${origin}/api/v1/ops/operators';
      const form = document.createElement('form');
      Object.assign(form, { action: url, method: 'post', enctype: 'text/plain' });
      document.body.append(form);
      await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).catch(() => undefined);
      await fetch(url, { mode: 'no-cors', credentials: 'include' }).catch(() => undefined);
      form.submit();
    `);
    const context = await signedIn();
    const page = await context.newPage();
    const kept: string[] = [];
    // What the browser keeps from the page: answers that are for their own origin alone.
    page.on('requestfailed', (request) => kept.push(`${request.method()} ${request.failure()?.errorText ?? ''}`));
    const posted = page.waitForResponse((response) => response.url().startsWith(origin) && response.request().isNavigationRequest());
    await page.goto(evil.origin);
    const answer = await posted;
    expect(await answer.request().allHeaders()).toMatchObject({ cookie: expect.stringContaining('waybill_session='), origin: evil.origin });
    expect([answer.status(), await answer.json()]).toMatchObject([403, { rule: 'session.own_page' }]);
    expect(kept.toSorted()).toEqual(
      ['GET net::ERR_BLOCKED_BY_RESPONSE', 'POST net::ERR_BLOCKED_BY_RESPONSE'].map((text) => expect.stringContaining(text)),
    );
    const { body } = await gateway.rest('GET', '/api/v1/ops/operators');
    expect((body.data as { items: unknown[] }).items).toHaveLength(1);
    await context.close();
    await evil.close();
  });
});
