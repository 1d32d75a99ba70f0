import { type JsonSchema, listOf, MILLISECONDS, shape, TEXT } from './json-schema.js';
import type { MissingNode } from './ops/missing-node.js';

/** How the seconds of a longer step become one value. */
export type Fold = 'mean' | 'max' | 'min' | 'last';

/** How the numbers of several nodes become one: those that are counted are added up, of the others the worst stands for all. */
export type Over = 'sum' | 'max' | 'min';

interface OverviewField {
  readonly unit: string;
  readonly fold: Fold;
  readonly over: Over;
  readonly doc: string;
  /** Null where there is nothing to tell, as the latency without traffic. */
  readonly nullable?: true;
}

/**
 * The numbers of one sample, in the order in which they are kept. Rates are of the second that ended with the sample; traffic of the node's own topics, `$ops`, `$probe` and
 * `$canary`, is in none of them but `bus_lag_ms`.
 */
export const OVERVIEW_FIELDS = {
  connections: { unit: 'connections', fold: 'last', over: 'sum', doc: 'Open WebSockets and event streams.' },
  connects_per_s: { unit: '1/s', fold: 'mean', over: 'sum', doc: 'Connections that opened.' },
  disconnects_per_s: { unit: '1/s', fold: 'mean', over: 'sum', doc: 'Connections that ended.' },
  publishes_per_s: { unit: '1/s', fold: 'mean', over: 'sum', doc: 'Publishes that were accepted, by whichever door.' },
  refused_publishes_per_s: { unit: '1/s', fold: 'mean', over: 'sum', doc: 'Publishes that were not.' },
  deliveries_per_s: { unit: '1/s', fold: 'mean', over: 'sum', doc: 'Pairs of message and connection that were written to the socket.' },
  dropped_per_s: { unit: '1/s', fold: 'mean', over: 'sum', doc: 'Pairs of message and connection that a slow policy dropped.' },
  p50_ms: {
    unit: 'ms',
    fold: 'last',
    over: 'max',
    doc: 'From publish to the last socket write, of the last 10 s: half are below. Read from a histogram.',
    nullable: true,
  },
  p99_ms: { unit: 'ms', fold: 'last', over: 'max', doc: 'The same, 99 of 100 are below.', nullable: true },
  queued_bytes: { unit: 'bytes', fold: 'max', over: 'sum', doc: 'What waits for connections that do not take it as fast as it comes.' },
  slow_connections: { unit: 'connections', fold: 'max', over: 'sum', doc: 'Connections for which something waits.' },
  loop_delay_p99_ms: {
    unit: 'ms',
    fold: 'max',
    over: 'max',
    doc: 'How late the event loop came to a timer, 99th percentile of the second.',
  },
  loop_utilization: { unit: 'share', fold: 'mean', over: 'max', doc: 'Share of the time in which the event loop was not idle, 0 to 1.' },
  cpu_share: { unit: 'cores', fold: 'mean', over: 'sum', doc: 'Processor time of the whole process; 1 is one core.' },
  rss_bytes: { unit: 'bytes', fold: 'last', over: 'sum', doc: 'Memory of the process.' },
  heap_used_bytes: { unit: 'bytes', fold: 'last', over: 'sum', doc: 'Memory that JavaScript uses.' },
  bus_lag_ms: {
    unit: 'ms',
    fold: 'last',
    over: 'max',
    doc: 'From the hand of the publishing node to this one, p99 of the last 10 s. The samples of this topic count here too. Null without traffic.',
    nullable: true,
  },
  database_pool_waiting: { unit: 'callers', fold: 'max', over: 'sum', doc: 'Callers that wait for a database connection.' },
  ready: { unit: '0 or 1', fold: 'min', over: 'min', doc: 'Whether /readyz answers 200.' },
} as const satisfies Readonly<Record<string, OverviewField>>;

export type OverviewName = keyof typeof OVERVIEW_FIELDS;
export const OVERVIEW_NAMES = Object.keys(OVERVIEW_FIELDS) as readonly OverviewName[];

/** One sample, as the topic and REST have it. */
export interface OverviewSample extends Readonly<Record<Exclude<OverviewName, 'ready'>, number | null>> {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly node: string;
  readonly ready: boolean;
  /** Parts of the health report that are degraded or down. */
  readonly degraded: readonly string[];
  /** How many problems `GET ops/summary` names; counted anew every 10 s. */
  readonly problems: number;
}

/** What of each node stands beside the numbers of all. */
export const NODE_GLANCE_NAMES = [
  'connections',
  'publishes_per_s',
  'deliveries_per_s',
  'p99_ms',
  'queued_bytes',
  'loop_delay_p99_ms',
  'cpu_share',
  'rss_bytes',
] as const satisfies readonly OverviewName[];

export type NodeGlance = Pick<OverviewSample, (typeof NODE_GLANCE_NAMES)[number] | 'node' | 'ready' | 'degraded' | 'problems'>;

/** The sample of all nodes, as the topic and REST have it. `node` is the one that added up; what is degraded is named with its node where there are several. */
export interface SystemSample extends OverviewSample {
  readonly nodes: readonly NodeGlance[];
  /** Nodes that did not answer: they are in none of the numbers. */
  readonly missing: readonly MissingNode[];
}

/** Action of the messages of `$ops.overview`. */
export const OVERVIEW_ACTION = 'ops.overview';

const FIELD_SCHEMAS = Object.fromEntries(Object.entries<OverviewField>(OVERVIEW_FIELDS).map(([name, field]) => [name, schemaOf(field)]));
const STATE_SCHEMAS = {
  ready: { type: 'boolean', description: OVERVIEW_FIELDS.ready.doc },
  degraded: { ...listOf(TEXT), description: 'Parts of the health report that are degraded or down.' },
  problems: { type: 'integer', minimum: 0, description: 'How many problems ops/summary names; counted anew every 10 s.' },
} as const;

export const OVERVIEW_SCHEMA: JsonSchema = shape({
  at: MILLISECONDS,
  node: { ...TEXT, description: 'The node that added up.' },
  ...FIELD_SCHEMAS,
  ...STATE_SCHEMAS,
  nodes: listOf(
    shape({
      node: TEXT,
      ...Object.fromEntries(NODE_GLANCE_NAMES.map((name) => [name, FIELD_SCHEMAS[name] as JsonSchema])),
      ...STATE_SCHEMAS,
    }),
  ),
  missing: {
    ...listOf(shape({ node: TEXT, reason: TEXT, says: TEXT })),
    description: 'Nodes that did not answer: they are in none of the numbers.',
  },
});

function schemaOf({ unit, doc, nullable }: OverviewField): JsonSchema {
  return { type: nullable === true ? ['number', 'null'] : 'number', description: `${doc} (${unit})` };
}
