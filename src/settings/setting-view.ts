import type { Config, Source } from '../config/config.js';
import { PLACED_OPTIONS } from '../config/overrides.js';

/** A setting as operators see it. */
export interface SettingView {
  readonly path: string;
  readonly env: string;
  /** What is in force; of a secret only whether there is one. Absent where nothing is set. */
  readonly value?: unknown;
  readonly source: Source;
  /** When it ends by itself, milliseconds since the epoch; absent where it stays. */
  readonly until?: number;
  readonly default?: unknown;
  /** Whether it may be changed while the program runs. */
  readonly live: boolean;
  readonly unit: string;
  readonly values: string;
  /** What zero or an empty value means. */
  readonly zero: string;
  readonly doc: string;
}

const SECRET = '[secret]';

/** @param ends by path, of the values that end by themselves. */
export function settingViews(config: Config, ends: ReadonlyMap<string, number>): readonly SettingView[] {
  return PLACED_OPTIONS.map(({ path, option }) => {
    const value = valueAt(config, path);
    return {
      path,
      env: option.env,
      value: option.secret && value !== undefined ? SECRET : value,
      source: config.sourceOf(path),
      ...untilOf(ends.get(path)),
      default: option.default,
      live: option.live,
      unit: option.unit,
      values: option.values,
      zero: option.zero,
      doc: option.doc,
    };
  });
}

function untilOf(until: number | undefined): { readonly until?: number } {
  return until === undefined ? {} : { until };
}

export function valueAt(config: Config, path: string): unknown {
  const [section = '', name = ''] = path.split('.');
  return (config as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[section]?.[name];
}
