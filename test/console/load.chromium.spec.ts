import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUSY_ROOM } from '../../bench/console/setup.ts';
import { type BusySite, startSite } from '../../bench/console/site.ts';
import { openAndUse, tourOf } from '../../bench/console/tour.ts';
import { Visit } from '../../bench/console/visit.ts';
import { Stoppers } from '../../bench/rig/benchmark.ts';
import { launchChromium } from '../support/chromium.js';
import { freshDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { longestTask } from './task-times.js';

/** A tenth of what `npm run bench -- console` opens. */
const CONNECTIONS = 1_000;
/** From here on somebody who types notices that a page stands still. */
const LONGEST_TASK_MS = 200;
const WATCHED_MS = 1_000;

const stoppers = new Stoppers();
const directory = mkdtempSync(join(tmpdir(), 'waybill-console-load-'));
let site: BusySite;
let browser: Browser;

beforeAll(async () => {
  Program.build();
  stoppers.add(async () => rmSync(directory, { recursive: true, force: true }));
  const database = await freshDatabase();
  stoppers.add(() => database.drop());
  browser = await launchChromium();
  stoppers.add(() => browser.close());
  site = await startSite({ databaseUrl: database.url, directory, connections: CONNECTIONS, settings: {} }, stoppers);
}, 120_000);
afterAll(() => stoppers.stop());

describe(`a console of a gateway with ${CONNECTIONS} connections`, () => {
  it(`never stands still for ${LONGEST_TASK_MS} ms, whatever screen is open`, async () => {
    const { gateway, password, user, probe } = site;
    const origin = `http://${gateway.host}:${gateway.port}`;
    const visit = await Visit.begin(browser, origin, await Visit.signIn(browser, origin, 'admin', password));
    const longest = new Map<string, number>();
    for (const stop of tourOf({ user, topic: BUSY_ROOM, probe, watchedMs: WATCHED_MS }))
      longest.set(stop.screen, await longestTask(browser, visit.page, () => openAndUse(visit, stop)));
    await visit.end();
    expect(await gateway.metric('waybill_connections{transport="websocket"}')).toBeGreaterThanOrEqual(CONNECTIONS);
    expect([...longest].filter(([, ms]) => ms >= LONGEST_TASK_MS)).toEqual([]);
    expect(longest.size).toBe(6);
  }, 120_000);
});
