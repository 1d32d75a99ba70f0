import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../support/ports.js';
import { toolPath } from '../../support/tools.js';
import { Child } from './child.js';
import { repositoryPath } from './repository-path.js';
import type { TimeScale } from './time-scale.js';

const START_MS = 30_000;
const ANSWER_MS = 10_000;

/** Fields of a route that are times. */
const GATHERING = ['group_wait', 'group_interval', 'repeat_interval'] as const;

interface Route {
  readonly routes?: readonly Route[];
  readonly [field: string]: unknown;
}

interface AlertmanagerConfig {
  readonly route: Route;
  readonly receivers: readonly { readonly name: string }[];
  readonly [section: string]: unknown;
}

/** One alert as Alertmanager holds it. */
export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: { readonly state: string };
}

/** The configuration that is shipped: its routes, groups and inhibitions, with every receiver replaced by ours, and its times scaled. */
function adaptedConfig(webhook: string, scale: TimeScale): string {
  const shipped = parse(readFileSync(repositoryPath('prometheus/alertmanager.yml'), 'utf8')) as AlertmanagerConfig;
  const receivers = shipped.receivers.map(({ name }) => ({ name, webhook_configs: [{ url: webhook, send_resolved: true }] }));
  return stringify({ ...shipped, route: scaledRoute(shipped.route, scale), receivers });
}

function scaledRoute(route: Route, scale: TimeScale): Route {
  const times = GATHERING.filter((field) => typeof route[field] === 'string').map(
    (field) => [field, scale.told(`${String(route['receiver'])}: ${field}`, route[field] as string)] as const,
  );
  return {
    ...route,
    ...Object.fromEntries(times),
    ...(route.routes === undefined ? {} : { routes: route.routes.map((inner) => scaledRoute(inner, scale)) }),
  };
}

/** Debian's Alertmanager on a port and directory of its own, alone: in no cluster. */
export class Alertmanager {
  static async start(directory: string, webhook: string, scale: TimeScale): Promise<Alertmanager> {
    const home = join(directory, 'alertmanager');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'alertmanager.yml'), adaptedConfig(webhook, scale));
    const port = await freePort();
    const parameters = [
      `--config.file=${join(home, 'alertmanager.yml')}`,
      `--storage.path=${join(home, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ];
    const child = Child.start(toolPath('alertmanager', 'prometheus-alertmanager'), parameters, home);
    try {
      await child.untilReady(`http://127.0.0.1:${port}/-/ready`, START_MS);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return new Alertmanager(port, child);
  }

  private constructor(
    readonly port: number,
    private readonly child: Child,
  ) {}

  /** The alerts of a name that it holds now. */
  async alerts(name: string): Promise<readonly HeldAlert[]> {
    const filter = new URLSearchParams({ filter: `alertname="${name}"` });
    const url = `http://127.0.0.1:${this.port}/api/v2/alerts?${filter.toString()}`;
    return (await (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })).json()) as readonly HeldAlert[];
  }

  stop(): Promise<void> {
    return this.child.stop();
  }
}
