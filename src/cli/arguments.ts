import { InvalidArgumentError } from 'commander';

/** An argument that must be a whole number of at least 1. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return number;
}

const SECONDS_OF = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** A length of time in seconds: `90s`, `10m`, `2h`, `1d`. */
export function duration(value: string): number {
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(value) ?? [];
  const seconds = Number(number) * SECONDS_OF[(unit ?? 's') as keyof typeof SECONDS_OF];
  if (number === undefined || seconds < 1) throw new InvalidArgumentError('It must be a time such as 90s, 10m, 2h or 1d.');
  return seconds;
}

/** Where a subscription begins: `EPOCH:SEQ` as messages are printed, or `SEQ` in whatever epoch is current. */
export function sincePosition(value: string): { readonly seq: number } | { readonly epoch: string; readonly seq: number } {
  const match = /^(?:([^:]+):)?(\d+)$/.exec(value);
  const seq = Number(match?.[2]);
  if (match === null || !Number.isSafeInteger(seq)) throw new InvalidArgumentError('It must be SEQ or EPOCH:SEQ, such as 12 or k3f9:12.');
  return match[1] === undefined ? { seq } : { epoch: match[1], seq };
}

/** Whole numbers of at least 1 that rise: `1000,5000,10000`. */
export function risingNumbers(value: string): readonly number[] {
  const numbers = value.split(',').map(wholeNumber);
  if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0)))
    throw new InvalidArgumentError('They must rise, such as 1000,5000,10000.');
  return numbers;
}

/** A point in time, as milliseconds since the epoch: given as such, or as a date that JavaScript reads, such as 2026-01-31T12:00Z. */
export function timestamp(value: string): number {
  const time = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  if (!Number.isSafeInteger(time)) throw new InvalidArgumentError('It must be a date such as 2026-01-31 or 2026-01-31T12:00Z.');
  return time;
}
