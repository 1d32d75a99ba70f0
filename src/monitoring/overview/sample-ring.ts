/** Samples of equal steps, the oldest overwritten by the newest. A step without a sample, as while the process stood still, is NaN. */
export class SampleRing {
  private readonly values: Float64Array;
  private first: number | undefined;
  private last = -1;

  /** @param length steps that are kept; @param width numbers of one sample. */
  constructor(
    private readonly length: number,
    private readonly width: number,
  ) {
    this.values = new Float64Array(length * width).fill(NaN);
  }

  /** The newest step that has a sample, and the oldest that is kept; undefined before the first sample. */
  get span(): { readonly from: number; readonly to: number } | undefined {
    if (this.first === undefined) return undefined;
    return { from: Math.max(this.first, this.last - this.length + 1), to: this.last };
  }

  /** `step` counts from any beginning and never falls; what is older than the last one is not taken. */
  put(step: number, sample: Float64Array): void {
    if (step < this.last) return;
    this.first ??= step;
    // No more than the ring holds, however long nothing came.
    for (let missed = Math.max(this.last + 1, step - this.length); missed < step; missed += 1) this.write(missed, undefined);
    this.write(step, sample);
    this.last = step;
  }

  /** The sample of a step that is kept. */
  at(step: number): Float64Array {
    const begin = (step % this.length) * this.width;
    return this.values.subarray(begin, begin + this.width);
  }

  private write(step: number, sample: Float64Array | undefined): void {
    if (sample === undefined) this.at(step).fill(NaN);
    else this.at(step).set(sample);
  }
}
