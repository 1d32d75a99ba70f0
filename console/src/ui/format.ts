const NUMBER = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const STEP = 1_024;

/** What stands where nothing is known. */
export const NOTHING = '–';

/** `12,345`; small fractions keep three digits. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NOTHING;
  return Math.abs(value) >= 100 || Number.isInteger(value) ? NUMBER.format(value) : SMALL.format(value);
}

/** `3.4 MiB`. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  let unit = 0;
  let left = value;
  while (left >= STEP && unit < BYTE_UNITS.length - 1) {
    left /= STEP;
    unit += 1;
  }
  return `${unit === 0 ? count(left) : SMALL.format(left)} ${BYTE_UNITS[unit]}`;
}

/** Milliseconds in words of two units at most: `3.2 ms`, `12 s`, `4 min 10 s`, `2 d 3 h`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NOTHING;
  if (ms < 1_000) return `${SMALL.format(ms)} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return ms < 10_000 ? `${SMALL.format(ms / 1_000)} s` : `${seconds} s`;
  const [large, small, unit, part] =
    seconds < 3_600
      ? [Math.floor(seconds / 60), seconds % 60, 'min', 's']
      : seconds < 86_400
        ? [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), 'h', 'min']
        : [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600), 'd', 'h'];
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`;
}

/** A share of one: `0.4 %`. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? NOTHING : `${SMALL.format(share * 100)} %`;
}

/** `2026-11-22 03:59:04.239`, in UTC or in the browser's zone. */
export function dateTime(at: number, zone: 'local' | 'utc', milliseconds = false): string {
  const date = new Date(zone === 'utc' ? at : at - new Date(at).getTimezoneOffset() * 60_000);
  return date
    .toISOString()
    .replace('T', ' ')
    .slice(0, milliseconds ? 23 : 19);
}
