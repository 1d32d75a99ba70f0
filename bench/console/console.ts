import { chromium } from 'playwright-core';
import { setTimeout as delay } from 'node:timers/promises';
import { toolPath } from '../../test/support/tools.ts';
import type { Benchmark } from '../rig/benchmark.ts';
import { CORES, machineCpuMs, processCpuMs, treeCpuMs } from '../rig/cpu-time.ts';
import { machineFacts } from '../rig/machine.ts';
import { PrivatePostgres } from '../rig/private-postgres.ts';
import { serverVersion } from '../rig/server-version.ts';
import type { Cost, Drawing, ScreenUse } from './measurement.ts';
import { type Measured, runTables, summary } from './report.ts';
import { BUSY_ROOM, CONNECTIONS, LOADS, PAIRS } from './setup.ts';
import { startSite } from './site.ts';
import { openAndUse, tourOf } from './tour.ts';
import { Visit } from './visit.ts';

/** So long that every figure of a screen has come again at least once by itself. */
const WATCHED_MS = 6_500;
/** What a page asks for at its begin is no part of what it costs while it stays open. */
const SETTLE_MS = 2_000;
const QUIET_CHROMIUM = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The console of a gateway with many connections: how soon it is drawn, whether it stays responsive, and what it costs the node. */
export const consoleBenchmark: Benchmark = async (options, output, stoppers) => {
  const connections = options.connections ?? CONNECTIONS;
  const postgres = await PrivatePostgres.start(options.directory);
  stoppers.add(() => postgres.stop());
  output.result(
    `## Machine\n\n${machineFacts(postgres.directory, await serverVersion(postgres.url))
      .map((fact) => `- ${fact}`)
      .join('\n')}`,
  );
  output.progress(`Opening ${connections} connections …`);
  const { gateway, password, user, probe } = await startSite(
    { databaseUrl: postgres.url, directory: postgres.directory, connections, settings: options.settings },
    stoppers,
  );
  const browser = await chromium.launch({ executablePath: toolPath('chromium'), args: QUIET_CHROMIUM });
  stoppers.add(() => browser.close());
  const origin = `http://${gateway.host}:${gateway.port}`;
  const cookies = await Visit.signIn(browser, origin, 'admin', password);
  const drawings: Drawing[] = [];
  const screens: ScreenUse[] = [];
  const costs: Cost[] = [];
  for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
    output.progress(`Repeat ${repeat} of ${options.repeat} …`);
    for (let load = 0; load < LOADS; load += 1) {
      const visit = await Visit.begin(browser, origin, cookies);
      const { value: drawnMs, others } = await besideOthers(() => visit.drawOverview());
      drawings.push({ repeat, drawnMs, others });
      await visit.end();
    }
    const visit = await Visit.begin(browser, origin, cookies);
    for (const stop of tourOf({ user, topic: BUSY_ROOM, probe, watchedMs: WATCHED_MS })) {
      const { others } = await besideOthers(() => openAndUse(visit, stop));
      const tasks = await visit.longTasks();
      screens.push({ repeat, screen: stop.screen, longestMs: Math.max(0, ...tasks), longTasks: tasks.length, others });
    }
    await visit.end();
    costs.push(await cost(repeat));
  }
  const open = await gateway.metric('waybill_connections{transport="websocket"}');
  if (open < connections) throw new Error(`${connections} connections were opened, and at the end the gateway counts ${open}`);
  const measured: Measured = { drawings, screens, costs };
  output.result(`\n## Medians\n\n${summary(measured)}`);
  output.result(`\n## Every run\n\n${runTables(measured)}`);

  async function cost(repeat: number): Promise<Cost> {
    const sums = { with: 0, without: 0 };
    const { others } = await besideOthers(async () => {
      for (let pair = 0; pair < PAIRS; pair += 1) {
        sums.without += await cores();
        const visit = await Visit.begin(browser, origin, cookies);
        await visit.drawOverview();
        await delay(SETTLE_MS);
        sums.with += await cores();
        await visit.end();
        await delay(SETTLE_MS);
      }
    });
    return { repeat, withConsole: sums.with / PAIRS, without: sums.without / PAIRS, others };
  }

  /** What the node takes of a core in one window. */
  async function cores(): Promise<number> {
    const before = processCpuMs(gateway.pid);
    const startedAt = performance.now();
    await delay(options.seconds * 1_000);
    return (processCpuMs(gateway.pid) - before) / (performance.now() - startedAt);
  }
};

/** Does something, and answers which share of the machine went to programs outside this run meanwhile. */
async function besideOthers<T>(perform: () => Promise<T>): Promise<{ readonly value: T; readonly others: number }> {
  const before = { machine: machineCpuMs(), ours: treeCpuMs(process.pid), at: performance.now() };
  const value = await perform();
  const ours = treeCpuMs(process.pid) - before.ours;
  const others = Math.max(0, machineCpuMs() - before.machine - ours) / ((performance.now() - before.at) * CORES);
  return { value, others };
}
