export const SCENARIOS = ['connect', 'fanout', 'publish', 'storm', 'slow'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** What a benchmark was asked to do; every scenario uses its part of it. */
export interface BenchPlan {
  readonly connections: number;
  /** Rising numbers of connections; each is measured by itself. The last one is `connections`. */
  readonly stages: readonly number[];
  /** How long each stage is measured once its connections are open, seconds. */
  readonly duration: number;
  readonly opening: number;
  /** Connections begun in a second (connect), or publishes in a second (fanout, publish, slow). */
  readonly rate?: number;
  /** REST requests in a second beside the sockets. */
  readonly rest?: number;
  readonly topic: string;
  /** Whether the connections of connect and storm subscribe to the topic. */
  readonly subscribe: boolean;
  /** Payload of a message. */
  readonly bytes: number;
  readonly topics: number;
  readonly inFlight: number;
  readonly jitterMs: number;
  readonly slow: number;
  readonly drip: boolean;
  readonly processes: number;
  readonly opsUrl: string;
}
