import { ConfigError } from './config-error.js';
import { contradictions } from './contradictions.js';
import { type Option, Problem } from './option.js';
import { type ConfigValues, SCHEMA } from './schema.js';
import { suggestion } from './suggestion.js';

/** Settings that operators changed while the program runs: values by path, such as `server.logLevel`. */
export type Overrides = Readonly<Record<string, unknown>>;

/** An option and where it stands. */
export interface PlacedOption {
  /** `section.name`. */
  readonly path: string;
  readonly option: Option<unknown>;
}

/** Every option, in the order of the schema. */
export const PLACED_OPTIONS: readonly PlacedOption[] = Object.entries(SCHEMA).flatMap(([section, options]) =>
  (Object.entries(options) as [string, Option<unknown>][]).map(([name, option]) => ({ path: `${section}.${name}`, option })),
);

const BY_PATH: ReadonlyMap<string, Option<unknown>> = new Map(PLACED_OPTIONS.map(({ path, option }) => [path, option]));

/** The option at a path, if it may change while the program runs; else a sentence that says what to do. */
export function liveOption(path: string): Option<unknown> | string {
  const option = BY_PATH.get(path);
  if (option === undefined) return `${path}: no such option${suggestion(path, BY_PATH.keys())}. GET ops/settings lists them all.`;
  if (option.live) return option;
  return `${path}: is read at the start and not again. Set ${option.env} (or ${path} in waybill.yaml) and restart.`;
}

/** The value that is meant, or a sentence that says what is wrong with it. Of the two, the first is undefined where it is wrong. */
export function liveValue(path: string, raw: unknown): readonly [value: unknown, problem?: string] {
  const option = liveOption(path);
  if (typeof option === 'string') return [undefined, option];
  const value = option.parse(raw);
  if (!(value instanceof Problem)) return [value];
  return [undefined, `${path}: ${option.secret ? 'its value' : JSON.stringify(raw)} ${value.text}. ${option.doc}`];
}

/** Values with others on top. Throws `ConfigError` with a sentence for each that is wrong. */
export function overridden(base: ConfigValues, overrides: Overrides): ConfigValues {
  const problems: string[] = [];
  const values: Record<string, Record<string, unknown>> = {};
  for (const section of Object.keys(SCHEMA) as (keyof typeof SCHEMA)[]) values[section] = { ...base[section] };
  for (const [path, raw] of Object.entries(overrides)) {
    const [value, problem] = liveValue(path, raw);
    const [section = '', name = ''] = path.split('.');
    if (problem !== undefined) problems.push(problem);
    else Object.assign(values[section] ?? {}, { [name]: value });
  }
  if (problems.length === 0) problems.push(...contradictions(values as unknown as ConfigValues));
  if (problems.length > 0) throw new ConfigError(problems);
  return values as unknown as ConfigValues;
}

/** The overrides that hold together, and a sentence for each that does not: what was stored may have been stored by another version. */
export function soundOverrides(
  base: ConfigValues,
  overrides: Overrides,
): { readonly sound: Overrides; readonly problems: readonly string[] } {
  if (isSound(base, overrides)) return { sound: overrides, problems: [] };
  const problems: string[] = [];
  let sound: Overrides = {};
  for (const [path, raw] of Object.entries(overrides)) {
    const more = { ...sound, [path]: raw };
    try {
      overridden(base, more);
      sound = more;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  return { sound, problems };
}

/** Some hold only together, so all of them are tried first. */
function isSound(base: ConfigValues, overrides: Overrides): boolean {
  try {
    overridden(base, overrides);
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}
