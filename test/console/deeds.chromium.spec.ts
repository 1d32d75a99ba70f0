import { readFileSync } from 'node:fs';
import type { Browser, Download } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Alarms } from '../../src/monitoring/alarms/alarms.js';
import { launchChromium } from '../support/chromium.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { Program } from '../support/program.js';
import { OperatorBrowser, type Role } from './operator-browser.js';

/** Of key sets that nobody serves: a part of the gateway that is degraded from its start. */
const NOWHERE = 'http://127.0.0.1:9/jwks.json';
const MINUTE_MS = 60_000;

let gateway: TestGateway;
let browser: Browser;
const opened: OperatorBrowser[] = [];

async function signedIn(role: Role): Promise<OperatorBrowser> {
  const operator = await OperatorBrowser.signedIn(browser, gateway, role);
  opened.push(operator);
  return operator;
}
async function recorded(action: string): Promise<readonly { readonly actor: string; readonly result: string }[]> {
  const { items } = (await gateway.rest('GET', `/api/v1/ops/audit?action=${action}`)).body.data as {
    readonly items: readonly { readonly actor: string; readonly result: string }[];
  };
  return items;
}

beforeAll(async () => {
  Program.build();
  [gateway, browser] = await Promise.all([startGateway({ env: { WAYBILL_JWKS_URL: NOWHERE } }), launchChromium()]);
}, 120_000);
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

describe('from the page of a node', () => {
  it('an operator takes a CPU profile, and an admin a heap snapshot after a warning; both are on record', async () => {
    const operator = await signedIn('operator');
    await operator.open('nodes/this');
    const profile = operator.page.waitForEvent('download', { timeout: 60_000 });
    await operator.page.getByRole('button', { name: /^CPU profile/ }).click();
    const admin = await signedIn('admin');
    expect(await jsonOf(await profile)).toMatchObject({ nodes: expect.any(Array) as object, samples: expect.any(Array) as object });
    await operator.page.getByText('was saved').waitFor();

    await admin.open('nodes/this');
    await admin.page.getByRole('button', { name: 'Heap snapshot' }).click();
    await admin.page.getByText('The file holds secrets and messages').waitFor();
    expect(await recorded('diagnostics.heap_snapshot')).toEqual([]);
    const snapshot = admin.page.waitForEvent('download', { timeout: 60_000 });
    await admin.page.getByRole('button', { name: 'Take it' }).click();
    expect((await snapshot).suggestedFilename()).toMatch(/\.heapsnapshot$/);
    expect(await recorded('diagnostics.cpu_profile')).toMatchObject([{ actor: 'operator:the-operator', result: 'OK' }]);
    expect(await recorded('diagnostics.heap_snapshot')).toMatchObject([{ actor: 'operator:the-admin', result: 'OK' }]);
  }, 120_000);
});

describe('an alarm', () => {
  it('stands on the screen with what it affects and what to do, wherever one is', async () => {
    const alarms = gateway.gateway.app.get(Alarms);
    alarms.look();
    // A minute later by the clock: nothing of the gateway runs meanwhile.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + MINUTE_MS + 1_000 });
    alarms.look();
    vi.useRealTimers();
    const operator = await signedIn('viewer');
    const { page } = operator;
    await operator.settle('alarms');
    const card = page.getByTestId('alarm-part.jwks');
    await card.getByText(/^Affects: /).waitFor();
    await card.getByText('ticket', { exact: true }).waitFor();
    await card.getByRole('link', { name: 'What to do' }).click();
    await page.getByRole('heading', { level: 1, name: 'A part is not well' }).waitFor();
    await page.getByRole('heading', { name: 'Do this' }).waitFor();
  });
});

describe('what was set at run time', () => {
  it('is all taken off only by who types it', async () => {
    await gateway.rest('PATCH', '/api/v1/ops/settings', { set: { 'server.logLevel': 'warn' } });
    const operator = await signedIn('admin');
    const { page } = operator;
    await operator.settle('settings?tab=versions');
    await page.getByRole('button', { name: 'Take off everything that was set at run time' }).click();
    const deed = page.getByRole('dialog').getByRole('button', { name: 'Take off', exact: true });
    await page.getByRole('dialog').getByText('server.logLevel').first().waitFor();
    expect(await deed.isDisabled()).toBe(true);
    await page.getByRole('dialog').getByRole('textbox').fill('take off');
    await deed.click();
    await page.getByText(/is in force again/).waitFor();
    const { items } = (await gateway.rest('GET', '/api/v1/ops/settings/versions?limit=1')).body.data as {
      readonly items: readonly { readonly overrides: object }[];
    };
    expect(items[0]?.overrides).toEqual({});
  });
});

describe('a page that nobody touches', () => {
  it('asks in the background, which does not prolong the session; a touch does', async () => {
    const operator = await signedIn('viewer');
    const { page } = operator;
    await operator.settle('overview');
    const asked = (background: boolean) =>
      page.waitForRequest(
        (request) => request.url().endsWith('/ops/summary') && (request.headers()['x-waybill-background'] !== undefined) === background,
        { timeout: 30_000 },
      );
    await page.evaluate(
      (at) => {
        (globalThis as unknown as { readonly localStorage: { setItem(key: string, value: string): void } }).localStorage.setItem(
          'waybill.touched',
          at,
        );
      },
      String(Date.now() - MINUTE_MS),
    );
    await asked(true);
    const attended = asked(false);
    await page.mouse.wheel(0, 10);
    await attended;
  });
});

async function jsonOf(download: Download): Promise<unknown> {
  return JSON.parse(readFileSync(await download.path(), 'utf8'));
}
