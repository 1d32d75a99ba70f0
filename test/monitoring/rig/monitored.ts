import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CREDENTIALS } from '../../faults/rig/credentials.js';
import { guardian } from '../../faults/rig/guardian.js';
import { PostgresProcess } from '../../faults/rig/postgres-process.js';
import { Program } from '../../support/program.js';
import { Alertmanager } from './alertmanager.js';
import { Prometheus } from './prometheus.js';
import { adaptedConfig } from './prometheus-config.js';
import { repositoryPath } from './repository-path.js';
import { RestCaller } from './rest-caller.js';
import { TimeScale } from './time-scale.js';
import { Webhook } from './webhook.js';

export interface MonitoredOptions {
  /** Settings of the gateway. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the times of rules are divided by; default: 1. */
  readonly factor?: number;
  /** What the times by which notifications are gathered are divided by; default: as those of rules. */
  readonly gathering?: number;
  /** Whether Prometheus scrapes and evaluates as seldom as is shipped; default: every second. */
  readonly unhurried?: boolean;
  /** Whether alerts go to an Alertmanager and from there to somebody; default: no. */
  readonly alerting?: boolean;
}

/**
 * The built gateway with a Postgres of its own, watched by a real Prometheus with the rules that are shipped; with `alerting`, also by a real Alertmanager that tells a webhook.
 */
export class Monitored {
  static async start(options: MonitoredOptions = {}): Promise<Monitored> {
    const started: (() => Promise<void>)[] = [];
    const directory = guardian.makeDirectory('monitoring');
    try {
      const postgres = await PostgresProcess.start();
      started.push(() => postgres.dispose());
      const node = await Program.start({ env: { ...CREDENTIALS, DATABASE_URL: postgres.url(), ...options.env } });
      guardian.watch(node.pid);
      started.push(() => node.dispose());
      const scale = new TimeScale(options.factor ?? 1, options.unhurried);
      const gathering = new TimeScale(options.gathering ?? scale.factor);
      const alerting = options.alerting === true ? await startAlerting(directory, gathering, started) : undefined;
      const config = adaptedConfig({
        gateway: `127.0.0.1:${node.opsPort}`,
        ruleFiles: writeRules(directory, scale),
        ...(options.unhurried === true ? {} : { seconds: 1 }),
        ...(alerting === undefined ? {} : { alertmanager: `127.0.0.1:${alerting.alertmanager.port}` }),
      });
      const prometheus = await Prometheus.start(directory, config);
      started.push(() => prometheus.stop());
      return new Monitored(node, postgres, prometheus, [...scale.changes, ...gathering.changes], alerting, directory, started);
    } catch (error) {
      await stopAll(started, directory);
      throw error;
    }
  }

  readonly rest: RestCaller;

  private constructor(
    readonly node: Program,
    readonly postgres: PostgresProcess,
    readonly prometheus: Prometheus,
    /** Sentences: which times are not those that are shipped. */
    readonly changes: readonly string[],
    private readonly alerting: { readonly alertmanager: Alertmanager; readonly webhook: Webhook } | undefined,
    private readonly directory: string,
    private readonly started: readonly (() => Promise<void>)[],
  ) {
    this.rest = new RestCaller(node.port);
  }

  get alertmanager(): Alertmanager {
    return this.withAlerting().alertmanager;
  }

  get webhook(): Webhook {
    return this.withAlerting().webhook;
  }

  stop(): Promise<void> {
    return stopAll(this.started, this.directory);
  }

  private withAlerting(): { readonly alertmanager: Alertmanager; readonly webhook: Webhook } {
    if (this.alerting === undefined) throw new Error('it was started without alerting');
    return this.alerting;
  }
}

async function startAlerting(
  directory: string,
  scale: TimeScale,
  started: (() => Promise<void>)[],
): Promise<{ readonly alertmanager: Alertmanager; readonly webhook: Webhook }> {
  const webhook = await Webhook.start();
  started.push(() => webhook.stop());
  const alertmanager = await Alertmanager.start(directory, webhook.url, scale);
  started.push(() => alertmanager.stop());
  return { alertmanager, webhook };
}

/** The rules that are shipped, with their times scaled; answers where they stand. */
function writeRules(directory: string, scale: TimeScale): readonly string[] {
  const folder = repositoryPath('prometheus/rules');
  const names = readdirSync(folder).filter((name) => name.endsWith('.rules.yml'));
  return names.map((name) => {
    const path = join(directory, name);
    writeFileSync(path, scale.ruleFile(readFileSync(join(folder, name), 'utf8')));
    return path;
  });
}

/** In the opposite order; one that does not stop keeps none of the others. */
async function stopAll(started: readonly (() => Promise<void>)[], directory: string): Promise<void> {
  const failures: unknown[] = [];
  for (const stop of [...started].reverse()) await stop().catch((error: unknown) => failures.push(error));
  guardian.removeDirectory(directory);
  if (failures.length > 0) throw new AggregateError(failures, 'not all of the rig stopped');
}
