/** Topics of one kind, and who is in them. */
export interface Workload {
  readonly name: string;
  readonly topics: number;
  /** Subscribers of each topic. */
  readonly subscribers: number;
  /** Messages a second over all topics together; the first topics get more (Zipf, exponent 1). */
  readonly messagesPerSecond: number;
  readonly durable: boolean;
}

/** The ones that docs/scale.md looks at. */
export const WORKLOADS: readonly Workload[] = [
  { name: 'rooms of 50', topics: 20_000, subscribers: 50, messagesPerSecond: 4_000, durable: true },
  { name: 'one topic for all', topics: 1, subscribers: 200_000, messagesPerSecond: 5, durable: true },
  { name: 'a topic for each user', topics: 200_000, subscribers: 2, messagesPerSecond: 8_000, durable: true },
  { name: 'telemetry of devices', topics: 10_000, subscribers: 3, messagesPerSecond: 30_000, durable: false },
];

/** Messages a second of each topic. */
export function ratesOf({ topics, messagesPerSecond }: Workload): Float64Array {
  const weights = Float64Array.from({ length: topics }, (_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (weight / total) * messagesPerSecond);
}
