const SPAN = /^(?<n>\d{1,6})\s*(?<unit>[smhd])$/i;
const CLOCK = /^(?<hours>\d{1,2}):(?<minutes>\d{2})(?::(?<seconds>\d{2}))?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MINUTE_MS = 60_000;

/**
 * A moment as an operator types it: `30m` or `2h` (so long ago), `15:04` (today), `2026-11-22 15:04`, or with a zone of its own.
 * Milliseconds since the epoch; undefined where it is none. So long ago is rounded down to a minute, so that it stands still while one
 * looks.
 */
export function momentOf(text: string, zone: 'local' | 'utc', now: number): number | undefined {
  const word = text.trim();
  const { n, unit } = SPAN.exec(word)?.groups ?? {};
  if (n !== undefined && unit !== undefined) {
    const at = now - Number(n) * (UNIT_MS[unit.toLowerCase()] ?? 0);
    return Math.floor(at / MINUTE_MS) * MINUTE_MS;
  }
  const { hours, minutes, seconds } = CLOCK.exec(word)?.groups ?? {};
  if (hours !== undefined) {
    const day = new Date(now);
    const of = [Number(hours), Number(minutes), Number(seconds ?? 0), 0] as const;
    return zone === 'utc' ? day.setUTCHours(...of) : day.setHours(...of);
  }
  if (!/^\d{4}-/.test(word)) return undefined;
  const whole = DAY.test(word) ? `${word}T00:00` : word.replace(' ', 'T');
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(whole);
  const at = Date.parse(hasZone || zone === 'local' ? whole : `${whole}Z`);
  return Number.isNaN(at) ? undefined : at;
}
