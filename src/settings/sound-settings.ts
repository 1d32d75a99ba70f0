import type { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { liveValue, soundOverrides } from '../config/overrides.js';
import { Refusal } from '../protocol/refusal.js';
import { stages, type StoredSettings } from './stored-settings.js';

/** What of the stored settings holds together on this program, and a sentence for each that does not: another version may have stored it. */
export function soundSettings(
  start: Config,
  stored: StoredSettings,
): { readonly sound: StoredSettings; readonly problems: readonly string[] } {
  const lasting = soundOverrides(start, stored.overrides);
  const values = Object.fromEntries(Object.entries(stored.temporary).map(([path, { value }]) => [path, value]));
  const all = soundOverrides(start, { ...lasting.sound, ...values });
  const temporary = Object.fromEntries(Object.entries(stored.temporary).filter(([path]) => Object.hasOwn(all.sound, path)));
  return { sound: { overrides: lasting.sound, temporary }, problems: [...new Set([...lasting.problems, ...all.problems])] };
}

/**
 * The settings with changes: null takes a value off, lasting or not; a value with an end stands above the lasting one and leaves it as it is.
 * Refuses a value that is wrong.
 */
export function withChanges(stored: StoredSettings, set: Readonly<Record<string, unknown>>, until: number | undefined): StoredSettings {
  const overrides = new Map(Object.entries(stored.overrides));
  const temporary = new Map(Object.entries(stored.temporary));
  for (const [path, raw] of Object.entries(set)) {
    if (raw === null) {
      overrides.delete(path);
      temporary.delete(path);
      continue;
    }
    const [value, problem] = liveValue(path, raw);
    if (problem !== undefined) throw new Refusal('BAD_REQUEST', problem, { field: `set.${path}` });
    if (until !== undefined) {
      temporary.set(path, { value, until });
      continue;
    }
    overrides.set(path, value);
    temporary.delete(path);
  }
  return { overrides: Object.fromEntries(overrides), temporary: Object.fromEntries(temporary) };
}

/** Refuses settings that contradict one another now, or would once the time of some is over. */
export function checkStages(start: Config, stored: StoredSettings, now: number): void {
  for (const overrides of stages(stored, now)) {
    try {
      start.withOverrides(overrides);
    } catch (error) {
      if (error instanceof ConfigError) throw new Refusal('BAD_REQUEST', error.problems.join(' '), { field: 'set' });
      throw error;
    }
  }
}
