import type { Objective } from '../../api/summary.ts';

const NOTHING = '–';
/** Faster than this the budget does not last. */
const LASTS = 1;
/** Faster than this somebody is woken: 6 over six hours, 14.4 over one. */
const WAKES = 6;

/** `3 ×`: how many times faster than the budget allows. */
export function saidRate({ total, burn_rate: rate }: Objective['windows'][number]): string {
  return total === 0 ? NOTHING : `${rate.toLocaleString('en-GB', { maximumSignificantDigits: 3 })} ×`;
}

export function worstOf(rate: number): 'quiet' | 'warn' | 'bad' {
  if (rate >= WAKES) return 'bad';
  return rate > LASTS ? 'warn' : 'quiet';
}
