import type { Costs } from './costs.ts';

/**
 * From the runs in bench/results that docs/scale.md names; microseconds of processor time on their machine. Where a run has several figures
 * for one thing, it is the largest.
 */
export const MEASURED: Costs = {
  deliveryBusy: 1.7,
  deliveryQuiet: 7.6,
  publish: 27.7,
  append: 26.4,
  busOut: 16.5,
  busIn: 4,
  redisMessage: 1,
  redisSequenced: 12,
  redisNode: 0.7,
};
