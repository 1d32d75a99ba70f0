import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsSlow, databaseStopped, INCIDENT_ENV } from './rig/incidents.js';
import { Monitored } from './rig/monitored.js';
import { type Incident, MOMENTS, Timeline } from './rig/timeline.js';

/** Five minutes become five seconds; `npm run test:monitoring` takes the real times. */
const FACTOR = 60;
const PATIENCE_MS = 60_000;

/** As many evaluations as seconds. */
const QUIET_MS = 5_000;
/** What a machine that is busy with other tests may well be. */
const OF_A_BUSY_MACHINE = 'WaybillEventLoopSlow|WaybillDatabasePoolExhausted|WaybillBusLag';

const INCIDENTS: readonly (readonly [name: string, of: (monitored: Monitored) => Incident, runbook: string])[] = [
  ['a stopped database', databaseStopped, 'waybill-database-down'],
  ['slow clients', clientsSlow, 'waybill-slow-consumers'],
];

describe('the alerts that are shipped, at a real Prometheus and Alertmanager', () => {
  let monitored: Monitored;

  beforeAll(async () => {
    monitored = await Monitored.start({ env: INCIDENT_ENV, factor: FACTOR, alerting: true });
    await monitored.prometheus.until('waybill_health_state{part="database"} == 0', PATIENCE_MS, 'the gateway is scraped and well');
  }, 120_000);
  afterAll(async () => {
    await monitored?.stop();
  });

  it('are silent while all is well', async () => {
    await delay(QUIET_MS);
    const active = await monitored.prometheus.query(`ALERTS{alertname!~"${OF_A_BUSY_MACHINE}"}`);
    expect(active.map(({ metric }) => `${metric['alertname'] ?? ''} is ${metric['alertstate'] ?? ''}`)).toEqual([]);
  });

  // At once: they do not touch one another, and each takes its time.
  it.concurrent.each(INCIDENTS)('tell of %s, and that it is over', { timeout: 240_000 }, async (_name, of, runbook) => {
    const incident = of(monitored);
    const happenings = await new Timeline(monitored, incident, PATIENCE_MS).run();
    expect(happenings.map(({ what }) => what).filter((what) => what !== 'fault' && what !== 'mended')).toEqual(MOMENTS);
    const told = monitored.webhook.told(incident.alert, 'firing');
    expect(told).toMatchObject({
      receiver: 'ticket',
      alert: {
        labels: { alertname: incident.alert, severity: 'ticket', instance: `127.0.0.1:${monitored.node.opsPort}` },
        annotations: { runbook_url: expect.stringMatching(new RegExp(`^http.+/runbooks/${runbook}\\.md$`)) as unknown },
      },
    });
    expect(monitored.webhook.told(incident.alert, 'resolved')?.at).toBeGreaterThan(told?.at ?? Infinity);
  });
});
