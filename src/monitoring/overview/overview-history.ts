import { OVERVIEW_NAMES, type OverviewName } from '../../protocol/overview-sample.js';
import { Folding } from './folding.js';
import { SampleRing } from './sample-ring.js';

/** Seconds of which each is kept, and steps of ten seconds. */
export const FINE_SECONDS = 300;
export const COARSE_STEP_S = 10;
const COARSE_STEPS = 360;
const MS_PER_SECOND = 1_000;
const WIDTH = OVERVIEW_NAMES.length;

export interface HistoryRange {
  readonly minutes: number;
  /** 1, or a multiple of 10. */
  readonly stepS: number;
}

/** The numbers of a node over time, the oldest first; null where one is not known. */
export interface OverviewSeries {
  /** When the first step begins, milliseconds since the epoch. */
  readonly from: number;
  readonly series: Readonly<Record<OverviewName, readonly (number | null)[]>>;
}

/** Five minutes of seconds and an hour of ten seconds of one node, in a fixed piece of memory (100 kB). */
export class OverviewHistory {
  private readonly fine = new SampleRing(FINE_SECONDS, WIDTH);
  private readonly coarse = new SampleRing(COARSE_STEPS, WIDTH);
  private readonly folding = new Folding();
  private coarseStep: number | undefined;

  /** @param now a clock in milliseconds that goes on while the process does not; begun at that of the wall, so that the steps of several nodes begin together. */
  constructor(private readonly now: () => number = () => performance.timeOrigin + performance.now()) {}

  /** Keeps the sample of the second that is now. */
  add(sample: Float64Array): void {
    const second = Math.floor(this.now() / MS_PER_SECOND);
    const step = Math.floor(second / COARSE_STEP_S);
    if (this.coarseStep !== undefined && step > this.coarseStep) this.coarse.put(this.coarseStep, this.folding.finish());
    this.coarseStep = step;
    this.fine.put(second, sample);
    this.folding.add(sample);
  }

  /** Whole steps alone; less than was asked for while the node is young. */
  read({ minutes, stepS }: HistoryRange): OverviewSeries {
    const isFine = stepS < COARSE_STEP_S;
    const ring = isFine ? this.fine : this.coarse;
    const group = isFine ? 1 : stepS / COARSE_STEP_S;
    const ringStepMs = (isFine ? 1 : COARSE_STEP_S) * MS_PER_SECOND;
    const { from, groups } = this.groupsOf(ring, group, (minutes * 60) / stepS);
    const samples = groups.map((steps) => foldedOf(ring, steps));
    const entries = OVERVIEW_NAMES.map((name, place) => [name, samples.map((sample) => rounded(sample[place]))] as const);
    const series = Object.fromEntries(entries) as Record<OverviewName, (number | null)[]>;
    // By today's clock: it may have been set since.
    const age = this.now() - from * ringStepMs;
    return { from: Math.round(Date.now() - age), series };
  }

  /** The steps of the ring, in groups of equal size that end with the newest whole one. */
  private groupsOf(
    ring: SampleRing,
    size: number,
    most: number,
  ): { readonly from: number; readonly groups: readonly (readonly number[])[] } {
    const { span } = ring;
    if (span === undefined)
      return { from: Math.floor(this.now() / (ring === this.fine ? MS_PER_SECOND : COARSE_STEP_S * MS_PER_SECOND)), groups: [] };
    // Groups begin at multiples of their size, so that a later read cuts at the same places.
    const end = Math.floor((span.to + 1) / size);
    const begin = Math.max(Math.ceil(span.from / size), end - most);
    const groups = Array.from({ length: Math.max(0, end - begin) }, (_, n) =>
      Array.from({ length: size }, (__, step) => (begin + n) * size + step),
    );
    return { from: begin * size, groups };
  }
}

function foldedOf(ring: SampleRing, steps: readonly number[]): Float64Array {
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) return ring.at(only);
  const folding = new Folding();
  for (const step of steps) folding.add(ring.at(step));
  return folding.finish();
}

function rounded(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
}
