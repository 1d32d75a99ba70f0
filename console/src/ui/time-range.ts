/** Choices of how far back a list reaches, in milliseconds. */
const REACH: Readonly<Record<string, number>> = {
  '15m': 900_000,
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
};
const STEP_MS = 60_000;

export const RANGE_CHOICES = [
  { value: '', label: 'All time' },
  { value: '15m', label: 'Last 15 minutes' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: 'between', label: 'Between …' },
] as const;

export interface TimeRange {
  /** Milliseconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
}

/** What a choice means now. A minute long it means the same, so that a list is not asked anew each second. */
export function rangeOf(choice: string, from: string, to: string, now: number): TimeRange {
  const reach = REACH[choice];
  if (reach !== undefined) return { from: Math.floor(now / STEP_MS) * STEP_MS - reach };
  if (choice !== 'between') return {};
  const [begin, end] = [timeOf(from), timeOf(to)];
  return { ...(begin === undefined ? {} : { from: begin }), ...(end === undefined ? {} : { to: end }) };
}

function timeOf(text: string): number | undefined {
  const at = Number(text);
  return text === '' || !Number.isSafeInteger(at) ? undefined : at;
}

/** What a field of the browser for a local date and time shows: `2026-11-22T04:30`. */
export function fieldOf(text: string, zone: 'local' | 'utc'): string {
  const at = timeOf(text);
  if (at === undefined) return '';
  const shift = zone === 'utc' ? 0 : new Date(at).getTimezoneOffset() * STEP_MS;
  return new Date(at - shift).toISOString().slice(0, 16);
}

/** The other way: milliseconds since the epoch as text, empty where nothing was entered. */
export function ofField(field: string, zone: 'local' | 'utc'): string {
  if (field === '') return '';
  const at = new Date(zone === 'utc' ? `${field}Z` : field).getTime();
  return Number.isNaN(at) ? '' : String(at);
}
