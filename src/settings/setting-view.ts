import type { Config, Source } from '../config/config.js';
import { type Overrides, PLACED_OPTIONS } from '../config/overrides.js';

/** A setting as operators see it. */
export interface SettingView {
  readonly path: string;
  readonly env: string;
  /** What is in force; of a secret only whether there is one. Absent where nothing is set. */
  readonly value?: unknown;
  readonly source: Source;
  readonly default?: unknown;
  /** Whether it may be changed while the program runs. */
  readonly live: boolean;
  readonly unit: string;
  readonly values: string;
  /** What zero or an empty value means. */
  readonly zero: string;
  readonly doc: string;
}

/** What a change of settings does to one of them. */
export interface SettingChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly source_before: Source;
  readonly source_after: Source;
}

const SECRET = '[secret]';

export function settingViews(config: Config): readonly SettingView[] {
  return PLACED_OPTIONS.map(({ path, option }) => {
    const value = valueAt(config, path);
    return {
      path,
      env: option.env,
      value: option.secret && value !== undefined ? SECRET : value,
      source: config.sourceOf(path),
      default: option.default,
      live: option.live,
      unit: option.unit,
      values: option.values,
      zero: option.zero,
      doc: option.doc,
    };
  });
}

/** What differs between two sets of overrides, in value or in where it comes from. */
export function changesBetween(before: Config, after: Config, overridden: readonly Overrides[]): readonly SettingChange[] {
  const paths = new Set(overridden.flatMap((overrides) => Object.keys(overrides)));
  return [...paths].sort().flatMap((path) => {
    const change = {
      path,
      before: valueAt(before, path),
      after: valueAt(after, path),
      source_before: before.sourceOf(path),
      source_after: after.sourceOf(path),
    };
    const same = change.source_before === change.source_after && JSON.stringify(change.before) === JSON.stringify(change.after);
    return same ? [] : [change];
  });
}

function valueAt(config: Config, path: string): unknown {
  const [section = '', name = ''] = path.split('.');
  return (config as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[section]?.[name];
}
