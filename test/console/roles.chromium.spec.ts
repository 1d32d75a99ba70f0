import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { Incident, QUEUE_BYTES, TOPIC } from '../support/incident.js';
import { Program } from '../support/program.js';
import { OperatorBrowser, type Role } from './operator-browser.js';

const SCREENS = [...readFileSync('console/src/app/screens.ts', 'utf8').matchAll(/^ {4}path: '([\w-]+)'/gm)].map(([, path = '']) => path);
const ROLES = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[];

/** What can be done on each page, and the least role that is shown it; USER and CONNECTION stand for one of each, PROBE for one that runs. */
const DEEDS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  connections: { 'Disconnect everybody…': 'operator' },
  'connections/CONNECTION': { 'Disconnect…': 'operator' },
  'connections?state=all&user=ann': { 'Block…': 'operator' },
  'nodes/this': { 'Drain this node': 'operator', 'CPU profile of 10 s': 'operator', 'Heap snapshot': 'admin' },
  live: { Watch: 'operator' },
  'live/PROBE': { Stop: 'operator' },
  canary: { 'Run now': 'operator' },
  [`messages/${TOPIC}/SEQ`]: { 'Show payload (audited)': 'admin' },
  [`topics/${TOPIC}`]: { 'Delete…': 'admin' },
  [`topics/${TOPIC}?tab=publish`]: { 'Publish…': 'operator' },
  'test-client': { Connect: 'admin' },
  'settings?section=server': { 'Change server.logLevel': 'admin' },
  'settings?tab=versions': { 'Roll back to 1': 'admin', 'Take off everything that was set at run time': 'admin' },
  'access?tab=keys': { 'Make a key': 'admin' },
  'access?tab=operators': { 'Add an operator': 'admin' },
  'access?tab=devices': { 'Register a device': 'admin' },
  'access?tab=blocks': { 'Block a user': 'operator', 'Take back the block of max': 'operator' },
  'access?tab=revocations': { 'Revoke tokens': 'operator', 'Take back: tokens of zoe': 'operator' },
  audit: { 'Verify the chain': 'operator' },
};

/** Buttons that change nothing: what a viewer may see besides. */
const HARMLESS =
  /^$|^Commands$|^Copy |^(?:Next|First) page$|^(?:More|Fewer) filters$|^Clear$|^Show recent$|^The message |^\d+ |^Pause$|^Download$|^Watch the event loop|^Read messages \(audited\)$|alerts that need Prometheus$|^(?:a REST request|to )|^Look in |^Dismiss$/;
/** Headings of columns sort. */
const SORTS = /^(?:Address|Client|Dropped|Ended|In|Out|Opened|Queued|Ref|Round trip|State|User|Topic|Subscribers|Lasted|\w+\/s)$/;

let gateway: TestGateway;
let browser: Browser;
let places: Readonly<Record<string, string>>;
const operators = new Map<Role, OperatorBrowser>();

beforeAll(async () => {
  Program.build();
  [gateway, browser] = await Promise.all([startGateway({ env: { WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES) } }), launchChromium()]);
  const incident = await Incident.on(gateway);
  for (const level of ['debug', 'info']) await gateway.rest('PATCH', '/api/v1/ops/settings', { set: { 'server.logLevel': level } });
  const { id } = (await gateway.rest('POST', '/api/v1/ops/probes', { user: 'ann', minutes: 5 })).body.data as { readonly id: string };
  await gateway.rest('POST', '/api/v1/auth/revocations', { user: 'zoe' });
  places = { CONNECTION: incident.ids.get('ann') ?? '', SEQ: String(incident.seq), PROBE: id };
  for (const role of ROLES) operators.set(role, await OperatorBrowser.signedIn(browser, gateway, role));
}, 120_000);
afterAll(async () => {
  for (const operator of operators.values()) await operator.close();
  await browser.close();
  await gateway.stop();
});

describe('a page of the console', () => {
  const pages = [...new Set([...Object.keys(DEEDS), ...SCREENS])];

  it.each(pages)('%s shows to each role what it may do, and nothing else', async (page) => {
    const path = page.replace(/CONNECTION|SEQ|PROBE/, (word) => places[word] ?? word);
    const deeds = Object.entries(DEEDS[page] ?? {});
    const shown: Record<string, readonly string[]> = {};
    // Whoever may most comes first: when their deeds are there, what they stand on has been answered.
    for (const role of ROLES.toReversed()) {
      const operator = operators.get(role) as OperatorBrowser;
      await operator.go(path);
      for (const [name, least] of deeds)
        if (ROLES.indexOf(role) >= ROLES.indexOf(least)) await operator.page.getByRole('button', { name, exact: true }).first().waitFor();
      shown[role] = await operator.buttons();
    }
    const wrong = ROLES.flatMap((role) =>
      deeds
        .filter(([name, least]) => ROLES.indexOf(role) < ROLES.indexOf(least) && shown[role]?.includes(name))
        .map(([name]) => ({ role, name })),
    );
    expect(wrong).toEqual([]);
    expect(shown['viewer']?.filter((name) => !HARMLESS.test(name) && !SORTS.test(name))).toEqual([]);
  });

  it('and the browser complained of nothing', () => {
    expect([...operators.values()].flatMap(({ complaints }) => complaints)).toEqual([]);
  });
});
