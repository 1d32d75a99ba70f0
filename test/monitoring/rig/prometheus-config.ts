import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { repositoryPath } from './repository-path.js';

/** Name of the job that scrapes gateways. */
export const GATEWAY_JOB = 'waybill';

export interface ConfigChanges {
  /** Where the gateway serves its metrics, as `host:port`. */
  readonly gateway: string;
  readonly ruleFiles: readonly string[];
  /** Where Alertmanager is, as `host:port`; absent: alerts go nowhere. */
  readonly alertmanager?: string;
  /** Seconds between scrapes, and between evaluations; absent: as is shipped. */
  readonly seconds?: number;
}

interface PrometheusConfig {
  readonly global?: Readonly<Record<string, unknown>>;
  readonly scrape_configs: readonly (Readonly<Record<string, unknown>> & { readonly job_name: string })[];
  readonly [section: string]: unknown;
}

/**
 * The configuration that is shipped, with other addresses and intervals: everything else of it stays, so that labels and relabelling are
 * tried as they are. Jobs of programs that do not run here are left out.
 */
export function adaptedConfig(changes: ConfigChanges): string {
  const shipped = parse(readFileSync(repositoryPath('prometheus/prometheus.yml'), 'utf8')) as PrometheusConfig;
  const job = shipped.scrape_configs.find(({ job_name: name }) => name === GATEWAY_JOB);
  if (job === undefined) throw new Error(`prometheus/prometheus.yml has no job ${GATEWAY_JOB}`);
  const { alerting: _alerting, ...rest } = shipped;
  const interval = changes.seconds === undefined ? {} : intervalsOf(changes.seconds);
  return stringify({
    ...rest,
    global: {
      ...shipped.global,
      ...interval,
    },
    rule_files: changes.ruleFiles,
    scrape_configs: [{ ...job, static_configs: [{ targets: [changes.gateway] }] }],
    ...(changes.alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [changes.alertmanager] }] }] } }),
  });
}

function intervalsOf(seconds: number): Readonly<Record<string, string>> {
  return { scrape_interval: `${seconds}s`, scrape_timeout: `${seconds}s`, evaluation_interval: `${seconds}s` };
}
