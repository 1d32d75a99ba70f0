import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { Incident, MESSAGE_ID, QUEUE_BYTES, TOPIC } from '../support/incident.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';
import { OperatorBrowser } from './operator-browser.js';
import { failuresOf } from './shown-commands.js';

/** A name that wants to be a script, an image with a handler, and the end of an attribute. */
const HOSTILE = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script>`;
const DESK = { width: 1_360, height: 860 };
const PHONE = { width: 390, height: 844 };

const SCREENS = [...readFileSync('console/src/app/screens.ts', 'utf8').matchAll(/^ {4}path: '([\w-]+)'/gm)].map(([, path = '']) => path);

let gateway: TestGateway;
let browser: Browser;
let incident: Incident;
let hostile: TestSocket;
/** Screens, and one page below each that has some. */
let pages: readonly string[];

beforeAll(async () => {
  Program.build();
  [gateway, browser] = await Promise.all([startGateway({ env: { WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES) } }), launchChromium()]);
  incident = await Incident.on(gateway);
  hostile = await TestSocket.connect(gateway.port, await gateway.token(HOSTILE), { path: `/ws?client=${encodeURIComponent(HOSTILE)}` });
  await hostile.request('topic.subscribe', { topics: [{ topic: 'chat.hostile' }] });
  await hostile.request('topic.subscribe', { topics: [{ topic: HOSTILE }] });
  expect(await hostile.request('topic.publish', { topic: 'chat.hostile', action: 'message', data: { text: HOSTILE } })).toMatchObject({
    code: 'OK',
  });
  await gateway.rest('POST', '/api/v1/topics/chat.hostile/messages', { data: { text: HOSTILE } });
  await gateway.rest('POST', '/api/v1/auth/blocks', { user: `${HOSTILE}2`, reason: HOSTILE });
  await gateway.rest('POST', '/api/v1/auth/keys', { name: HOSTILE, scopes: ['read'] });
  const { id } = (await gateway.rest('POST', '/api/v1/ops/probes', { user: HOSTILE, minutes: 5 })).body.data as { readonly id?: string };
  const trace = (
    (await gateway.rest('GET', '/api/v1/ops/traces')).body.data as { readonly items: readonly { readonly trace_id: string }[] }
  ).items[0];
  const welcome = hostile.frames[0] as { readonly data: { readonly connection_id: string } };
  pages = [
    ...SCREENS,
    `connections/${welcome.data.connection_id}`,
    `connections/${incident.ids.get('pat')}`,
    `connections?state=all&user=${encodeURIComponent(HOSTILE)}`,
    `messages/${TOPIC}/${incident.seq}`,
    `messages/explain?user=pat&topic=${TOPIC}&seq=${incident.seq}`,
    `messages/explain?user=${encodeURIComponent(HOSTILE)}&topic=chat.hostile&seq=1`,
    'messages/chat.hostile/1',
    'topics/chat.hostile',
    'nodes/this',
    'messages?topic=chat.hostile',
    `messages/explain?topic=${TOPIC}`,
    'settings?tab=versions',
    ...['operators', 'devices', 'blocks', 'revocations'].map((tab) => `access?tab=${tab}`),
    ...(id === undefined ? [] : [`live/${id}`]),
    ...(trace === undefined ? [] : [`traces/${trace.trace_id}`]),
  ];
}, 120_000);
afterAll(async () => {
  await hostile.close();
  await browser.close();
  await gateway.stop();
});

describe('every screen', () => {
  it('is in this test', () => {
    expect(SCREENS).toHaveLength(15);
    expect(pages.some((path) => path.startsWith('live/'))).toBe(true);
    expect(pages.some((path) => path.startsWith('traces/'))).toBe(true);
  });

  // One visit for all of it: loading a page takes longer than looking at it.
  it('can be used by everybody, in light and dark, on a phone and from a terminal; and nothing that users named is run', async () => {
    const operator = await OperatorBrowser.signedIn(browser, gateway, 'admin');
    const { page } = operator;
    const wrong: unknown[] = [];
    const commands = new Set<string>();
    for (const path of pages) {
      await page.setViewportSize(DESK);
      await page.emulateMedia({ colorScheme: 'light' });
      await operator.settle(path);
      const light = await operator.seriousFindings();
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await operator.seriousFindings();
      if (light.length + dark.length > 0) wrong.push({ path, light, dark });
      await page.setViewportSize(PHONE);
      const overflow = await operator.overflow();
      if (overflow > 0) wrong.push({ path, overflow });
      if (await page.evaluate('window.hit !== undefined')) wrong.push({ path, hit: true });
      if (!(await page.title()).endsWith('· Waybill')) wrong.push({ path, title: await page.title() });
      await page.getByRole('button', { name: 'Commands' }).click();
      await page.locator('[data-command]').first().waitFor({ timeout: 10_000 });
      const lines = await page.locator('[data-command]').allTextContents();
      for (const line of lines) commands.add(line);
      for (const word of ['curl ', 'waybill ']) if (!lines.some((line) => line.startsWith(word))) wrong.push({ path, lacks: word, lines });
      for (const complaint of operator.complaints.splice(0)) wrong.push({ path, complaint });
    }
    await operator.close();
    expect(wrong).toEqual([]);
    // To drain the node would end what the others ask.
    const drains = [...commands].filter((line) => /-X POST.*\/drain$/.test(line));
    expect(drains).toHaveLength(1);
    const others = [...commands].filter((line) => !drains.includes(line));
    expect(others.length).toBeGreaterThan(60);
    expect(await failuresOf(others, gateway, MESSAGE_ID)).toEqual([]);
    expect(await failuresOf(drains, gateway, MESSAGE_ID)).toEqual([]);
    expect((await gateway.rest('DELETE', '/api/v1/ops/nodes/this/drain')).status).toBe(200);
  }, 480_000);
});
