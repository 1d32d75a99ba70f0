import type { ProfileShare } from './cpu-profile.ts';
import { table } from './table.ts';

const ROWS = 30;

/** The largest shares of a profile, in percent. */
export function shareTable(shares: readonly ProfileShare[]): string {
  const rows = shares.slice(0, ROWS).map(({ name, place, share }) => [`${name} ${place}`.trim(), (share * 100).toFixed(1)]);
  return table(['where', '%'], rows);
}
