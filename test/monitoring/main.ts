/** `npm run test:monitoring`: real faults, with the rules and times that are shipped, from the fault to somebody's pager and back. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { clientsSlow, databaseStopped, INCIDENT_ENV } from './rig/incidents.js';
import { Monitored } from './rig/monitored.js';
import { Timeline } from './rig/timeline.js';

const USAGE = `npm run test:monitoring -- [--factor N] [--gathering N]

  --factor     What the times of the rules are divided by. Default: 1, the times that are shipped.
  --gathering  What the times by which Alertmanager gathers notifications are divided by. Default: 10, since the first
               one of a ticket waits a minute and its end up to ten more.

It stops the database and slows clients down at the same time; with the defaults it takes some twelve minutes. Ends with
1 where an alert does not fire, does not reach the webhook, or does not end.
`;
/** Longer than any alert of these is held. */
const PATIENCE_MS = 25 * 60_000;
const SETTLED_MS = 5_000;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function number(name: string, value: string | undefined, fallback: number): number {
  const parsed = value === undefined ? fallback : Number(value);
  if (!(parsed >= 1)) throw new Error(`--${name}: must be a number from 1, not ${String(value)}`);
  return parsed;
}

async function play(factor: number, gathering: number): Promise<void> {
  const monitored = await Monitored.start({ env: INCIDENT_ENV, factor, gathering, unhurried: factor === 1, alerting: true });
  try {
    for (const change of monitored.changes) print(change);
    await monitored.prometheus.until('waybill_health_state{part="database"} == 0', PATIENCE_MS, 'the gateway is scraped and well');
    await delay(SETTLED_MS);
    const early = await monitored.prometheus.query('ALERTS{alertstate="firing"}');
    if (early.length > 0) throw new Error(`before any fault: ${early.map(({ metric }) => metric['alertname']).join(', ')}`);
    const incidents = [databaseStopped(monitored), clientsSlow(monitored)];
    await Promise.all(incidents.map((incident) => new Timeline(monitored, incident, PATIENCE_MS, print).run()));
    const names = monitored.webhook.notifications.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname'] ?? ''));
    print(`Told of in all: ${[...new Set(names)].sort().join(', ')}.`);
  } finally {
    await monitored.stop();
  }
}

try {
  const { values } = parseArgs({ options: { factor: { type: 'string' }, gathering: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) print(USAGE);
  else await play(number('factor', values.factor, 1), number('gathering', values.gathering, 10));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
