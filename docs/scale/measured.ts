import type { Costs } from './costs.ts';

/** From the runs in bench/results that docs/scale.md names; microseconds of processor time on their machine. */
export const MEASURED: Costs = {
  deliveryBusy: 1.6,
  deliveryQuiet: 7.6,
  publish: 27.7,
  append: 26.4,
  busOut: 14,
  busIn: 4.5,
  redisMessage: 0.5,
  redisSequenced: 12,
  redisNode: 0.6,
};
