import { describe, expect, it } from 'vitest';
import { Health, type NodePhase } from '../monitoring/health/health.js';
import type { PartState } from '../monitoring/health/health-part.js';
import { WorkerPages } from './worker-pages.js';
import { RestartPause } from './restart-pause.js';

function worker(name: string, phase: NodePhase | undefined, state: PartState = 'ok') {
  const health = new Health(() => phase ?? 'starting');
  health.watch({
    name: 'database',
    affects: 'what needs it',
    check: () => (state === 'ok' ? { state } : { state, detail: `${name} says so` }),
  });
  return { name, state: async () => (phase === undefined ? undefined : { health: health.report(), metrics: [] }) };
}

describe('health of several workers', () => {
  it('is ready while one of them is, and says who is not', async () => {
    const pages = new WorkerPages([worker('1', 'ready'), worker('2', undefined), worker('3', 'draining')]);
    const report = await pages.health();
    expect(report).toMatchObject({ status: 'ready', state: 'degraded' });
    expect(report.parts['workers']).toMatchObject({ state: 'degraded', detail: 'not ready: 2 (no answer), 3 (draining)' });
  });

  it('is not ready when none is', async () => {
    const report = await new WorkerPages([worker('1', 'draining'), worker('2', undefined)]).health();
    expect(report).toMatchObject({ status: 'draining', state: 'down' });
  });

  it('takes each part where it is worst', async () => {
    const report = await new WorkerPages([worker('1', 'ready'), worker('2', 'ready', 'down'), worker('3', 'ready', 'degraded')]).health();
    expect(report.parts['database']).toMatchObject({ state: 'down', detail: '2 says so' });
    expect(report.parts['workers']).toMatchObject({ state: 'ok' });
  });
});

describe('RestartPause', () => {
  it('grows while a worker ends soon, up to half a minute, and begins anew once one has served', () => {
    const pause = new RestartPause();
    expect([0, 0, 0, 0, 0, 0, 0, 0].map((served) => pause.after(served))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
    expect(pause.after(60_000)).toBe(500);
  });
});
