import { beforeEach, describe, expect, it } from 'vitest';
import type { HealthReport } from '../health/health.js';
import { problemsOf } from '../summary/problems.js';
import { Alarms, type AlarmView } from './alarms.js';
import type { Found, Load } from './condition.js';
import { conditionsOf } from './conditions.js';

const GATEWAY = { connections: 9, authenticating: 0, queuedBytes: 0, maxQueuedBytes: 0, oldestQueuedMs: 0, slow: 0, subscriptions: 0 };
const CALM: Load = {
  gateway: GATEWAY,
  nodeQueueBytes: 1_000,
  publishesWaiting: 0,
  loopDelayP99Ms: 200,
  ledgerLagMs: 60_000,
  busAway: [],
  nodesLost: [],
  misfit: undefined,
  certificateLeftMs: 14 * 86_400_000,
};
const READY: HealthReport = { status: 'ready', state: 'ok', parts: {} };
const foundWith = (load: Partial<Load> = {}, rest: Partial<Found> = {}): Found => ({
  health: READY,
  difference: 0,
  objectives: [],
  limits: [],
  load: { ...CALM, ...load },
  ...rest,
});
const DATABASE_DOWN: HealthReport = {
  status: 'ready',
  state: 'down',
  parts: { database: { state: 'down', detail: 'refused', affects: 'durable publishes', since: 0, age_ms: 1 } },
};

describe('alarms', () => {
  let now: number;
  let found: Found;
  let changes: AlarmView[];
  let alarms: Alarms;
  const lookAt = (ms: number): void => {
    now = ms;
    alarms.look();
  };

  beforeEach(() => {
    now = 0;
    found = foundWith();
    changes = [];
    alarms = new Alarms(
      () => found,
      (alarm) => changes.push(alarm),
      () => now,
    );
  });

  it('begin when it has been so for as long as the rule says, and tell since when, what it affects and where to read on', () => {
    found = foundWith({}, { health: DATABASE_DOWN });
    lookAt(1_000);
    lookAt(60_999);
    expect([alarms.active(), alarms.has('WaybillDatabaseDown')]).toEqual([[], false]);
    lookAt(61_000);
    lookAt(66_000);
    expect(alarms.active()).toEqual([
      {
        name: 'WaybillDatabaseDown',
        state: 'active',
        severity: 'ticket',
        since: 1_000,
        summary: 'database is down: refused',
        affects: 'durable publishes',
        runbook: 'waybill-database-down',
      },
    ]);
    expect(changes).toHaveLength(1);
  });

  it('do not begin of what goes and comes', () => {
    for (let at = 0; at < 300_000; at += 30_000) {
      found = at % 60_000 === 0 ? foundWith({}, { health: DATABASE_DOWN }) : foundWith();
      lookAt(at);
    }
    expect([alarms.active(), changes]).toEqual([[], []]);
  });

  it('are held for half a minute, then end when it was so last, and are remembered', () => {
    found = foundWith({}, { difference: 3 });
    lookAt(0);
    lookAt(60_000);
    found = foundWith();
    lookAt(89_999);
    expect(alarms.active()).toMatchObject([{ name: 'WaybillDeliveryImbalance', severity: 'page', value: 3, threshold: 0 }]);
    lookAt(90_000);
    expect(alarms.active()).toEqual([]);
    expect(alarms.history()).toMatchObject([{ name: 'WaybillDeliveryImbalance', state: 'ended', since: 0, until: 60_000 }]);
    expect(changes.map(({ state }) => state)).toEqual(['active', 'ended']);
  });

  it('remember no more than the last two hundred', () => {
    for (let n = 0; n < 205; n += 1) {
      found = foundWith({}, { difference: n + 1 });
      lookAt(n * 1_000_000);
      lookAt(n * 1_000_000 + 60_000);
      found = foundWith();
      lookAt(n * 1_000_000 + 200_000);
    }
    expect(alarms.history()).toHaveLength(200);
    expect(alarms.history()[0]).toMatchObject({ value: 205 });
  });

  it('put those that page first', () => {
    found = foundWith({ busAway: ['publish'] }, { difference: 1 });
    lookAt(0);
    lookAt(60_000);
    expect(alarms.active().map(({ name }) => name)).toEqual(['WaybillDeliveryImbalance', 'WaybillBusDown']);
  });
});

describe('conditions', () => {
  const names = (found: Found) => conditionsOf(found).map(({ name }) => name);

  it('are none at their thresholds, and one above each', () => {
    expect(names(foundWith())).toEqual([]);
    const cases: readonly (readonly [Partial<Load>, string])[] = [
      [{ loopDelayP99Ms: 200.1 }, 'WaybillEventLoopSlow'],
      [{ gateway: { ...GATEWAY, oldestQueuedMs: 30_001 } }, 'WaybillSendQueueStuck'],
      [{ gateway: { ...GATEWAY, queuedBytes: 751 } }, 'WaybillSendQueueStuck'],
      [{ publishesWaiting: 1 }, 'WaybillPublishQueueFull'],
      [{ ledgerLagMs: 60_001 }, 'WaybillLedgerBehind'],
      [{ busAway: ['subscribe'] }, 'WaybillBusDown'],
      [{ nodesLost: ['node-2'] }, 'WaybillNodeLost'],
      [{ misfit: 'other secrets' }, 'node.misfit'],
      [{ certificateLeftMs: 14 * 86_400_000 - 1 }, 'WaybillCertificateExpiring'],
    ];
    for (const [load, name] of cases) expect(names(foundWith(load))).toEqual([name]);
  });

  it('are problems at once, or when they are alarms', () => {
    const found = foundWith({ publishesWaiting: 4 }, { difference: 2 });
    expect(problemsOf(found)).toEqual([expect.stringContaining('do not balance')]);
    expect(problemsOf(found, (name) => name === 'WaybillPublishQueueFull')).toEqual([
      expect.stringContaining('do not balance'),
      '4 publishes wait for room in the queue to the database',
    ]);
  });
});
