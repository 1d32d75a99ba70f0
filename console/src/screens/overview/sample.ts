/** What one node measures of itself each second, on the topic `$ops.overview`. Null: nothing happened that it could be measured of. */
export interface Sample {
  readonly at: number;
  readonly node: string;
  readonly connections: number;
  readonly publishes_per_s: number;
  readonly refused_publishes_per_s: number;
  readonly deliveries_per_s: number;
  readonly dropped_per_s: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly queued_bytes: number;
  readonly slow_connections: number;
  readonly connects_per_s: number;
  readonly disconnects_per_s: number;
  readonly loop_delay_p99_ms: number;
  readonly loop_utilization: number;
  readonly cpu_share: number;
  readonly rss_bytes: number;
  readonly heap_used_bytes: number;
}

export type SeriesName = Exclude<keyof Sample, 'at' | 'node'>;

/** What `ops/history` answers: values in equal steps, the oldest first. */
export interface History {
  readonly as_of: number;
  readonly node: string;
  readonly step_s: number;
  /** Time of the first value, milliseconds since the epoch. */
  readonly from: number;
  readonly series: Readonly<Partial<Record<SeriesName, readonly (number | null)[]>>>;
}

const MS_PER_S = 1_000;

/** The time of each value. */
export function timesOf({ from, step_s: step, series }: History): readonly number[] {
  const length = Math.max(0, ...Object.values(series).map((values) => values.length));
  return Array.from({ length }, (_, place) => from + place * step * MS_PER_S);
}

/** The last value of each series: what is known where no sample comes. */
export function lastOf({ series }: History): Partial<Record<SeriesName, number | null>> {
  return Object.fromEntries(Object.entries(series).map(([name, values]) => [name, values.at(-1) ?? null]));
}
