/** One kind of question, asked many times one after another. Milliseconds. */
export interface Measurement {
  readonly question: string;
  readonly asked: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

/** `durations` in milliseconds. */
export function measured(question: string, durations: readonly number[]): Measurement {
  const sorted = durations.toSorted((left, right) => left - right);
  const of = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { question, asked: sorted.length, p50: of(0.5), p95: of(0.95), p99: of(0.99), longest: of(1) };
}
