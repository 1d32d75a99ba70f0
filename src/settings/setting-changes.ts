import type { Config, Source } from '../config/config.js';
import { soundOverrides } from '../config/overrides.js';
import { inForce, type StoredSettings } from './stored-settings.js';
import { valueAt } from './setting-view.js';

/** What a change of settings does to one of them. */
export interface SettingChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly source_before: Source;
  readonly source_after: Source;
  /** When the value ends by itself, milliseconds since the epoch; absent where it stays. */
  readonly until_before?: number;
  readonly until_after?: number;
}

/** What differs between two states of the settings at one time: in value, in where it comes from, or in when it ends. */
export function changesBetween(start: Config, before: StoredSettings, after: StoredSettings, now: number): readonly SettingChange[] {
  const [was, is] = [before, after].map((stored) => stateOf(start, stored, now)) as [State, State];
  const stored = [before.overrides, before.temporary, after.overrides, after.temporary];
  const paths = new Set(stored.flatMap((values) => Object.keys(values)));
  return [...paths].sort().flatMap((path) => {
    const [earlier, later] = [was(path), is(path)];
    if (JSON.stringify(earlier) === JSON.stringify(later)) return [];
    return [
      {
        path,
        before: earlier.value,
        after: later.value,
        source_before: earlier.source,
        source_after: later.source,
        ...(earlier.until === undefined ? {} : { until_before: earlier.until }),
        ...(later.until === undefined ? {} : { until_after: later.until }),
      },
    ];
  });
}

/** Both sides of changes by path, with where each value comes from and when it ends: for the audit trail. */
export function statesOf(changes: readonly SettingChange[]): { readonly before: object; readonly after: object } {
  const before = changes.map(({ path, before: value, source_before: source, until_before: until }) => [path, { value, source, until }]);
  const after = changes.map(({ path, after: value, source_after: source, until_after: until }) => [path, { value, source, until }]);
  return { before: Object.fromEntries(before) as object, after: Object.fromEntries(after) as object };
}

type State = (path: string) => { readonly value: unknown; readonly source: Source; readonly until: number | undefined };

function stateOf(start: Config, stored: StoredSettings, now: number): State {
  const config = start.withOverrides(soundOverrides(start, inForce(stored, now)).sound);
  return (path) => {
    const until = stored.temporary[path]?.until;
    return { value: valueAt(config, path), source: config.sourceOf(path), until: until !== undefined && until > now ? until : undefined };
  };
}
