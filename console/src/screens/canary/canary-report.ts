import type { CanaryHop, CanaryPath, CanaryRun } from '../../api/summary.ts';
import type { MissingNode } from '../../ui/missing-nodes.tsx';

/** What `ops/canary` answers. Times are milliseconds since the epoch. */
export interface CanaryReport {
  readonly as_of: number;
  /** Milliseconds between two rounds; 0: only those that somebody asks for. */
  readonly interval_ms: number;
  readonly items: readonly PathReport[];
  readonly missing?: readonly MissingNode[];
}

export interface PathReport {
  /** Whose it is. */
  readonly node?: string;
  readonly path: CanaryPath;
  readonly last?: CanaryRun;
  readonly failed_in_row: number;
  /** The newest first. */
  readonly history: readonly CanaryRun[];
}

/** What `POST ops/canary` answers. */
export interface CanaryRound {
  readonly ok: boolean;
  readonly items: readonly CanaryRun[];
}

/** A hop with how long it took since the one before it. */
export interface TimedHop extends CanaryHop {
  readonly took_ms?: number;
}

/** Each hop's own time: a report says when each was passed. Two hops of one moment took none. */
export function timed(hops: readonly CanaryHop[]): readonly TimedHop[] {
  let before = 0;
  return hops.map((hop) => {
    if (hop.at_ms === undefined) return hop;
    const took = Math.max(0, hop.at_ms - before);
    before = hop.at_ms;
    return { ...hop, took_ms: took };
  });
}

/** Round trips, the oldest first, as a chart wants them; null where one did not come back. */
export function roundTrips(history: readonly CanaryRun[]): { readonly times: number[]; readonly values: (number | null)[] } {
  const oldestFirst = history.toReversed();
  return { times: oldestFirst.map(({ at }) => at), values: oldestFirst.map(({ round_trip_ms: ms }) => ms ?? null) };
}

/** How a path stands, in one sentence. */
export function sentenceOf({ last, failed_in_row: failed, history }: PathReport): string {
  if (last === undefined) return 'It has not run yet.';
  if (last.result === 'skipped') return `The last was skipped: ${last.detail ?? 'no reason given'}.`;
  if (last.result === 'failed') return failed === 1 ? 'The last did not come back.' : `The last ${failed} did not come back.`;
  const lost = history.filter(({ result }) => result === 'failed').length;
  return lost === 0 ? `All of the last ${history.length} came back.` : `${lost} of the last ${history.length} did not come back.`;
}
