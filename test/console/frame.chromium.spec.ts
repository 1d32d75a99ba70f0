import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { Program } from '../support/program.js';
import { makeOperator, OperatorBrowser, type Role } from './operator-browser.js';

/** Most bytes of compressed script before the first screen is there. */
const SCRIPT_BYTES = 350_000;

let gateway: TestGateway;
let browser: Browser;
const opened: OperatorBrowser[] = [];

async function anonymous(): Promise<OperatorBrowser> {
  const operator = await OperatorBrowser.at(browser, gateway);
  opened.push(operator);
  return operator;
}
async function signedIn(role: Role): Promise<OperatorBrowser> {
  const operator = await OperatorBrowser.signedIn(browser, gateway, role);
  opened.push(operator);
  return operator;
}

beforeAll(async () => {
  Program.build();
  [gateway, browser] = await Promise.all([startGateway(), launchChromium()]);
});
afterEach(async () => {
  for (const operator of opened.splice(0)) {
    expect(operator.complaints).toEqual([]);
    await operator.close();
  }
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});

describe('the way into the console', () => {
  it('asks who is there, says why somebody is not let in, and then leads where they wanted to go', async () => {
    const { name, password } = await makeOperator(gateway, 'operator');
    const operator = await anonymous();
    const { page } = operator;
    await operator.open('topics?prefix=chat');
    await operator.signIn(name, 'not the password');
    await page
      .getByRole('alert')
      .getByText(/name or the password|wrong/i)
      .waitFor();
    // The browser itself writes of the refusal.
    operator.complaints.length = 0;
    await operator.signIn(name, password);
    await page.getByRole('heading', { level: 1, name: 'Topics' }).waitFor();
    expect(new URL(page.url()).search).toBe('?prefix=chat');
  });

  it('is shut again by signing out', async () => {
    const operator = await signedIn('viewer');
    const { page } = operator;
    await page.getByRole('button', { name: 'Account of the-viewer' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect((await operator.page.request.get(`${operator.origin}/api/v1/ops/session`)).status()).toBe(401);
  });

  it('is shut again when the account is disabled elsewhere', async () => {
    const operator = await signedIn('viewer');
    await gateway.rest('PATCH', '/api/v1/ops/operators/the-viewer', { disabled: true });
    await operator.open('connections');
    await operator.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await gateway.rest('PATCH', '/api/v1/ops/operators/the-viewer', { disabled: false });
    operator.complaints.length = 0;
  });
});

describe('the frame', () => {
  it.each<[Role, readonly string[]]>([
    ['viewer', ['Audit', 'Test client']],
    ['operator', ['Test client']],
    ['admin', []],
  ])('shows a %s only the screens that they may use', async (role, hidden) => {
    const { page } = await signedIn(role);
    const navigation = page.getByRole('navigation', { name: 'Screens' });
    for (const name of hidden) expect(await navigation.getByRole('link', { name }).count()).toBe(0);
    expect(await navigation.getByRole('link').count()).toBe(15 - hidden.length);
  });

  it('is reached by keyboard: slash, what somebody read out, Enter', async () => {
    const { page } = await signedIn('viewer');
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('chat.lobby#12');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/console/messages/chat.lobby/12');
  });

  it('says so where there is no such page, with a way back', async () => {
    const operator = await signedIn('viewer');
    await operator.open('no/such/page');
    await operator.page.getByText('There is no such page').waitFor();
    await operator.page.getByRole('link', { name: 'To the overview' }).click();
    await operator.page.waitForURL('**/console/overview');
  });

  it('shows times as the reader chose, in the next visit too', async () => {
    const operator = await signedIn('viewer');
    const { page } = operator;
    const choose = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Account of the-viewer' }).click();
      await page.getByText('UTC', { exact: true }).click();
    };
    await choose();
    await page.getByText(/signed in until .* UTC/).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Account of the-viewer' }).click();
    await page.getByText(/signed in until .* UTC/).waitFor();
  });
});

describe('the first visit', () => {
  it(`loads no more than ${SCRIPT_BYTES / 1_000} kB of compressed script`, async () => {
    const operator = await anonymous();
    const { page } = operator;
    let bytes = 0;
    const sizes: Promise<void>[] = [];
    page.on('requestfinished', (request) => {
      if (request.resourceType() === 'script') sizes.push(request.sizes().then(({ responseBodySize }) => void (bytes += responseBodySize)));
    });
    const { name, password } = await makeOperator(gateway, 'viewer');
    await operator.open('overview');
    await operator.signIn(name, password);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await Promise.all(sizes);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(SCRIPT_BYTES);
  });
});
