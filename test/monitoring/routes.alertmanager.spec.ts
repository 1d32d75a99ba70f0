import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toolPath } from '../support/tools.js';
import { ALERTS, ROOT } from './rules/rule-files.js';

const CONFIGURATION = join(ROOT, 'prometheus/alertmanager.yml');

async function amtool(...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(toolPath('alertmanager', 'amtool'), words)).stdout;
}

async function receiverOf(labels: Readonly<Record<string, string>>): Promise<string> {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return (await amtool('config', 'routes', 'test', `--config.file=${CONFIGURATION}`, ...words)).trim();
}

describe('the configuration of Alertmanager', () => {
  it('is one that Alertmanager can read', async () => {
    expect(await amtool('check-config', CONFIGURATION)).toMatch(/SUCCESS[\s\S]*4 inhibit rules[\s\S]*2 receivers/);
  });

  it('leads every alert to the receiver of its severity, and what has none to the tickets', async () => {
    expect(new Set(ALERTS.map(({ labels }) => labels['severity']))).toEqual(new Set(['page', 'ticket']));
    for (const { alert, labels } of ALERTS) expect(await receiverOf({ ...labels, alertname: alert }), alert).toBe(labels['severity']);
    expect(await receiverOf({ alertname: 'Unheard' })).toBe('ticket');
  });
});
