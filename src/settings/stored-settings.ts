import type { Overrides } from '../config/overrides.js';

/** A value that ends by itself. */
export interface TemporarySetting {
  readonly value: unknown;
  /** When it ends, milliseconds since the epoch; each node goes by its own clock. */
  readonly until: number;
}

/** What operators have set: values that stay, by path, and above them values for a time. */
export interface StoredSettings {
  readonly overrides: Overrides;
  readonly temporary: Readonly<Record<string, TemporarySetting>>;
}

export const NOTHING_SET: StoredSettings = { overrides: {}, temporary: {} };

/** What is in force at a time. */
export function inForce({ overrides, temporary }: StoredSettings, now: number): Overrides {
  const values = Object.entries(temporary).flatMap(([path, { value, until }]) => (until > now ? [[path, value] as const] : []));
  return { ...overrides, ...Object.fromEntries(values) };
}

/** Paths of the values whose time is over. */
export function endedOf({ temporary }: StoredSettings, now: number): readonly string[] {
  return Object.keys(temporary)
    .filter((path) => (temporary[path]?.until ?? 0) <= now)
    .sort();
}

export function withoutEnded(stored: StoredSettings, now: number): StoredSettings {
  const temporary = Object.fromEntries(Object.entries(stored.temporary).filter(([, { until }]) => until > now));
  return { overrides: stored.overrides, temporary };
}

/** When the next value ends; undefined where none will. */
export function nextEnd({ temporary }: StoredSettings, now: number): number | undefined {
  const ends = Object.values(temporary).flatMap(({ until }) => (until > now ? [until] : []));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** What is in force now, and after each end that is to come: what time alone will bring. */
export function stages(stored: StoredSettings, now: number): readonly Overrides[] {
  const ends = new Set(Object.values(stored.temporary).map(({ until }) => until));
  return [now, ...[...ends].filter((until) => until > now).sort((left, right) => left - right)].map((time) => inForce(stored, time));
}
