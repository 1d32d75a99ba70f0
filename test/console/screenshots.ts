/** Photographs every screen of the console for the documents, with real traffic behind it: `npm run screenshots`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { QUEUE_BYTES, TOPIC } from '../support/incident.js';
import { Program } from '../support/program.js';
import { doorOf, firstPassword, Scene } from './scene.js';

const FOLDER = 'docs/images';
const API_KEY = 'screenshots-key-0123456789';
/** So long that an overview has lines to draw, and a canary some history. */
const TRAFFIC_MS = Number(process.argv[2] ?? 90) * 1_000;
const DRAWN_MS = 2_500;
const DESK = { width: 1_360, height: 900 };
/** Stands for a trace that is there when it is photographed. */
const TRACE = 'traces/young';

const program = await Program.start({
  env: {
    WAYBILL_API_KEY: API_KEY,
    WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES),
    WAYBILL_CANARY_INTERVAL_MS: '5000',
    WAYBILL_WRITE_STALL_MS: '600000',
    WAYBILL_TRACE_RATIO: '1',
  },
});
const browser = await launchChromium();
try {
  const door = doorOf(program, API_KEY);
  const scene = await Scene.on(door);
  const { id: probe } = (await door.rest('POST', '/api/v1/ops/probes', { topic: 'chat.lobby', minutes: 10 })).body.data as {
    readonly id: string;
  };
  await delay(TRAFFIC_MS);
  const { incident } = scene;
  const place = encodeURIComponent(TOPIC);
  // A trace is kept for a short time only, so one is chosen when its turn comes.
  const youngTrace = async (): Promise<string> => {
    const { items } = await incident.data<{ readonly items: readonly { readonly trace_id: string }[] }>('ops/traces?name=publish&limit=1');
    return `traces/${items[0]?.trace_id ?? ''}`;
  };
  const shots: readonly (readonly [name: string, path: string])[] = [
    ['overview', 'overview'],
    ['alarms', 'alarms'],
    ['nodes', 'nodes'],
    ['node', `nodes/${(await incident.data<{ readonly node: string }>('ops/summary')).node}`],
    ['connections', 'connections'],
    ['connection', `connections/${incident.ids.get('pat')}`],
    ['messages', 'messages?topic=orders.77'],
    ['waybill', `messages/${place}/${incident.seq}`],
    ['explain', `messages/explain?user=pat&topic=${place}&seq=${incident.seq}`],
    ['topics', 'topics'],
    ['topic', 'topics/chat.lobby'],
    ['refusals', 'refusals'],
    ['slow', 'slow'],
    ['live', `live/${probe}`],
    ['traces', 'traces'],
    ['trace', TRACE],
    ['canary', 'canary'],
    ['test-client', 'test-client'],
    ['settings', 'settings?section=gateway'],
    ['access', 'access'],
    ['audit', 'audit'],
  ];
  const context = await browser.newContext({ viewport: DESK, reducedMotion: 'reduce' });
  const page = await context.newPage();
  mkdirSync(FOLDER, { recursive: true });
  const origin = `http://127.0.0.1:${program.port}/console`;
  await page.goto(origin);
  await page.getByLabel('Name').fill('admin');
  await page.locator('input[type=password]').fill(firstPassword(program));
  await photograph(page, 'sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  for (const [name, path] of shots) {
    await page.goto(`${origin}/${path === TRACE ? await youngTrace() : path}`);
    await delay(DRAWN_MS);
    await photograph(page, name);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${origin}/overview`);
  await delay(DRAWN_MS);
  await photograph(page, 'overview-phone');
  await page.setViewportSize(DESK);
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const [name, path] of shots.filter(([each]) => each === 'overview' || each === 'waybill')) {
    await page.goto(`${origin}/${path}`);
    await delay(DRAWN_MS);
    await photograph(page, `${name}-dark`);
  }
  await scene.end();
} finally {
  await browser.close();
  await program.dispose();
}

async function photograph(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `console-${name}.png`) });
}
