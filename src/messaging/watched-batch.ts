import type { ResultListener } from '../telemetry/probe-watch.js';
import type { FrameBatch, OfferResult, OfferTally } from './frame.js';

/** A tally of one offer: passes what is counted on to the batch's own, and tells it. */
class ToldTally implements OfferTally {
  constructor(
    private readonly own: OfferTally,
    private readonly told: ResultListener,
  ) {}

  get written(): number {
    return this.own.written;
  }
  set written(count: number) {
    this.count('written', count);
  }

  get queued(): number {
    return this.own.queued;
  }
  set queued(count: number) {
    this.count('queued', count);
  }

  get dropped(): number {
    return this.own.dropped;
  }
  set dropped(count: number) {
    this.count('dropped', count);
  }

  get overflow(): number {
    return this.own.overflow;
  }
  set overflow(count: number) {
    this.count('overflow', count);
  }

  get closed(): number {
    return this.own.closed;
  }
  set closed(count: number) {
    this.count('closed', count);
  }

  private count(result: OfferResult, count: number): void {
    this.own[result] = count;
    this.told(result);
  }
}

/**
 * The same batch for one recipient who is watched: whoever counts what became of it, at once or at the end of the flush turn, tells the
 * listener too. The short way of everybody else knows nothing of it.
 */
export function watchedBatch(batch: FrameBatch, told: ResultListener): FrameBatch {
  return { ...batch, tally: new ToldTally(batch.tally, told) };
}
