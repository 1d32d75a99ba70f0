import { OVERVIEW_FIELDS, OVERVIEW_NAMES } from '../../protocol/overview-sample.js';

const FOLDS = OVERVIEW_NAMES.map((name) => OVERVIEW_FIELDS[name].fold);

/** Makes one sample of several, each number in its own way. What is not known (NaN) does not count. */
export class Folding {
  private readonly value = new Float64Array(OVERVIEW_NAMES.length).fill(NaN);
  private readonly count = new Uint32Array(OVERVIEW_NAMES.length);

  add(sample: Float64Array): void {
    for (let place = 0; place < FOLDS.length; place += 1) {
      const next = sample[place] ?? NaN;
      if (!Number.isNaN(next)) this.take(place, next);
      // The latency of a second without traffic is not that of the second before.
      else if (FOLDS[place] === 'last') this.value[place] = NaN;
    }
  }

  /** The one sample; begins anew. */
  finish(): Float64Array {
    const folded = this.value.map((value, place) => (FOLDS[place] === 'mean' ? value / (this.count[place] ?? 1) : value));
    this.value.fill(NaN);
    this.count.fill(0);
    return folded;
  }

  private take(place: number, next: number): void {
    const before = this.value[place] ?? NaN;
    this.count[place] = (this.count[place] ?? 0) + 1;
    this.value[place] = Number.isNaN(before) ? next : merged(FOLDS[place] ?? 'last', before, next);
  }
}

function merged(fold: (typeof FOLDS)[number], before: number, next: number): number {
  switch (fold) {
    case 'mean':
      return before + next;
    case 'max':
      return Math.max(before, next);
    case 'min':
      return Math.min(before, next);
    case 'last':
      return next;
  }
}
