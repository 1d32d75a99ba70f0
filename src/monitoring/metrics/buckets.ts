/** Latencies inside one node and to its database, in seconds; 0.25 and 1 are thresholds of objectives. */
export const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Deliveries, told apart by namespace, in seconds; 0.25 is the threshold of the objective, and beyond 5 s nobody asks how late. */
export const DELIVERY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] as const;

/** Calls of which many kinds are told apart, in seconds: fewer edges each, so that a node stays under 2,000 series. */
export const CALL_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10] as const;

/** REST requests, by route and status, hence few; 0.3 is the threshold of the objective. */
export const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.3, 1, 2.5, 10] as const;

/** Lives of connections, in seconds: one second to one day. */
export const LIFETIME_SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400] as const;

/** Connections that one message is written to. */
export const RECIPIENTS = [1, 10, 100, 1_000, 10_000, 100_000] as const;

/** Messages that share a commit. */
export const BATCH_MESSAGES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1_000] as const;
