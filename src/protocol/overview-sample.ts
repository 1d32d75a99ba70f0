import { type JsonSchema, listOf, MILLISECONDS, shape, TEXT } from './json-schema.js';

/** How the seconds of a longer step become one value. */
export type Fold = 'mean' | 'max' | 'min' | 'last';

interface OverviewField {
  readonly unit: string;
  readonly fold: Fold;
  readonly doc: string;
  /** Null where there is nothing to tell, as the latency without traffic. */
  readonly nullable?: true;
}

/**
 * The numbers of one sample of a node, in the order in which they are kept. Rates are of the second that ended with the sample; traffic of the node's own topics, `$ops`, `$probe` and
 * `$canary`, is in none of them but `bus_lag_ms`.
 */
export const OVERVIEW_FIELDS = {
  connections: { unit: 'connections', fold: 'last', doc: 'Open WebSockets and event streams.' },
  connects_per_s: { unit: '1/s', fold: 'mean', doc: 'Connections that opened.' },
  disconnects_per_s: { unit: '1/s', fold: 'mean', doc: 'Connections that ended.' },
  publishes_per_s: { unit: '1/s', fold: 'mean', doc: 'Publishes that were accepted, by whichever door.' },
  refused_publishes_per_s: { unit: '1/s', fold: 'mean', doc: 'Publishes that were not.' },
  deliveries_per_s: { unit: '1/s', fold: 'mean', doc: 'Pairs of message and connection that were written to the socket.' },
  dropped_per_s: { unit: '1/s', fold: 'mean', doc: 'Pairs of message and connection that a slow policy dropped.' },
  p50_ms: {
    unit: 'ms',
    fold: 'last',
    doc: 'From publish to the last socket write, of the last 10 s: half are below. Read from a histogram.',
    nullable: true,
  },
  p99_ms: { unit: 'ms', fold: 'last', doc: 'The same, 99 of 100 are below.', nullable: true },
  queued_bytes: { unit: 'bytes', fold: 'max', doc: 'What waits for connections that do not take it as fast as it comes.' },
  slow_connections: { unit: 'connections', fold: 'max', doc: 'Connections for which something waits.' },
  loop_delay_p99_ms: { unit: 'ms', fold: 'max', doc: 'How late the event loop came to a timer, 99th percentile of the second.' },
  loop_utilization: { unit: 'share', fold: 'mean', doc: 'Share of the time in which the event loop was not idle, 0 to 1.' },
  cpu_share: { unit: 'cores', fold: 'mean', doc: 'Processor time of the whole process; 1 is one core.' },
  rss_bytes: { unit: 'bytes', fold: 'last', doc: 'Memory of the process.' },
  heap_used_bytes: { unit: 'bytes', fold: 'last', doc: 'Memory that JavaScript uses.' },
  bus_lag_ms: {
    unit: 'ms',
    fold: 'last',
    doc: 'From the hand of the publishing node to this one, p99 of the last 10 s. The samples of this topic count here too. Null without traffic.',
    nullable: true,
  },
  database_pool_waiting: { unit: 'callers', fold: 'max', doc: 'Callers that wait for a database connection.' },
  ready: { unit: '0 or 1', fold: 'min', doc: 'Whether /readyz answers 200.' },
} as const satisfies Readonly<Record<string, OverviewField>>;

export type OverviewName = keyof typeof OVERVIEW_FIELDS;
export const OVERVIEW_NAMES = Object.keys(OVERVIEW_FIELDS) as readonly OverviewName[];

/** One sample, as the topic and REST have it. */
export type OverviewSample = Readonly<Record<Exclude<OverviewName, 'ready'>, number | null>> & {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly node: string;
  readonly ready: boolean;
  /** Parts of the health report that are degraded or down. */
  readonly degraded: readonly string[];
  /** How many problems `GET ops/summary` names; counted anew every 10 s. */
  readonly problems: number;
};

/** Action of the messages of `$ops.overview`. */
export const OVERVIEW_ACTION = 'ops.overview';

export const OVERVIEW_SCHEMA: JsonSchema = shape({
  at: MILLISECONDS,
  node: TEXT,
  ...Object.fromEntries(Object.entries<OverviewField>(OVERVIEW_FIELDS).map(([name, field]) => [name, schemaOf(field)])),
  ready: { type: 'boolean', description: OVERVIEW_FIELDS.ready.doc },
  degraded: { ...listOf(TEXT), description: 'Parts of the health report that are degraded or down.' },
  problems: { type: 'integer', minimum: 0, description: 'How many problems ops/summary names; counted anew every 10 s.' },
});

function schemaOf({ unit, doc, nullable }: OverviewField): JsonSchema {
  return { type: nullable === true ? ['number', 'null'] : 'number', description: `${doc} (${unit})` };
}
