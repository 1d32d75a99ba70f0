import { ConfigError } from './config-error.js';
import { CONFIG_FILE, readConfigFile } from './config-file.js';
import { contradictions } from './contradictions.js';
import { type Overrides, overridden } from './overrides.js';
import { type Option, Problem } from './option.js';
import { type ConfigValues, SCHEMA } from './schema.js';
import { suggestion } from './suggestion.js';

export { ConfigError } from './config-error.js';

/** Where a value comes from: `settings` are those that operators changed while the program ran. */
export type Source = 'default' | 'environment' | 'file' | 'settings';

/** The settings, as an injectable class: `constructor(private readonly config: Config)`. */
export class Config implements ConfigValues {
  declare readonly server: ConfigValues['server'];
  declare readonly tls: ConfigValues['tls'];
  declare readonly gateway: ConfigValues['gateway'];
  declare readonly limits: ConfigValues['limits'];
  declare readonly auth: ConfigValues['auth'];
  declare readonly devices: ConfigValues['devices'];
  declare readonly operators: ConfigValues['operators'];
  declare readonly messaging: ConfigValues['messaging'];
  declare readonly ledger: ConfigValues['ledger'];
  declare readonly storage: ConfigValues['storage'];
  declare readonly cluster: ConfigValues['cluster'];
  declare readonly monitoring: ConfigValues['monitoring'];
  declare readonly probes: ConfigValues['probes'];

  /** The settings of the start, where these are those with changes on top. */
  readonly #start: Config | undefined;
  /** By path, where it is not the default. */
  readonly #sources: ReadonlyMap<string, Source>;

  private constructor(values: ConfigValues, sources: ReadonlyMap<string, Source>, start?: Config) {
    this.#sources = sources;
    this.#start = start;
    Object.assign(this, values);
    Object.freeze(this);
  }

  /** The settings of the start, without what operators changed since. */
  get atStart(): Config {
    return this.#start ?? this;
  }

  /** Where the value of an option comes from; `path` as in `gateway.frameBytes`. */
  sourceOf(path: string): Source {
    return this.#sources.get(path) ?? 'default';
  }

  /** Reads the environment and, where it stands in the working directory (or WAYBILL_CONFIG names it), the YAML file. */
  static load(env: NodeJS.ProcessEnv = process.env): Config {
    return Config.from(env, readConfigFile(env));
  }

  /** Builds settings from given sources; the environment wins over the file. Throws `ConfigError`. */
  static from(env: Readonly<Record<string, string | undefined>>, file: unknown = {}): Config {
    const problems: string[] = [];
    const fileSections = checkFile(file, problems);
    checkUnknownEnvironment(env, problems);
    const values: Record<string, Record<string, unknown>> = {};
    const sources = new Map<string, Source>();
    for (const [section, options] of Object.entries(SCHEMA)) {
      const target: Record<string, unknown> = {};
      values[section] = target;
      for (const [name, option] of Object.entries(options) as [string, Option<unknown>][]) {
        const [fromEnv, fromFile] = [env[option.env], fileSections[section]?.[name]];
        target[name] = valueOf(option, `${section}.${name}`, fromEnv, fromFile, problems);
        if (fromEnv !== undefined) sources.set(`${section}.${name}`, 'environment');
        else if (fromFile !== undefined) sources.set(`${section}.${name}`, 'file');
      }
    }
    if (problems.length === 0) problems.push(...contradictions(values as unknown as ConfigValues));
    if (problems.length > 0) throw new ConfigError(problems);
    return new Config(values as unknown as ConfigValues, sources);
  }

  /** The same settings with other limits of the gateway, which nobody checks. */
  withGateway(limits: Partial<ConfigValues['gateway']>): Config {
    return new Config({ ...this, gateway: { ...this.gateway, ...limits } }, this.#sources);
  }

  /** The settings of the start with these on top, by path, whatever was on top before. Throws `ConfigError`. */
  withOverrides(overrides: Overrides): Config {
    const start = this.atStart;
    const values = overridden(start, overrides);
    return new Config(values, new Map([...start.#sources, ...Object.keys(overrides).map((path) => [path, 'settings'] as const)]), start);
  }
}

function valueOf(option: Option<unknown>, path: string, fromEnv: string | undefined, fromFile: unknown, problems: string[]): unknown {
  const [source, raw] = fromEnv === undefined ? [`${path} in ${CONFIG_FILE}`, fromFile] : [option.env, fromEnv];
  if (raw === undefined) return option.default;
  const value = option.parse(raw);
  if (!(value instanceof Problem)) return value;
  const shown = option.secret ? 'its value' : JSON.stringify(raw);
  problems.push(`${source}: ${shown} ${value.text}. ${option.doc}`);
  return undefined;
}

function checkUnknownEnvironment(env: Readonly<Record<string, string | undefined>>, problems: string[]): void {
  const known = new Set([
    'WAYBILL_CONFIG',
    ...Object.values(SCHEMA).flatMap((options) => Object.values(options).map((option) => option.env)),
  ]);
  for (const name of Object.keys(env)) {
    if (name.startsWith('WAYBILL_') && !known.has(name))
      problems.push(`${name}: no such option${suggestion(name, known)}. docs/config.md lists them all; unset it or correct the name.`);
  }
}

function checkFile(file: unknown, problems: string[]): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (file === null || file === undefined) return {};
  if (typeof file !== 'object' || Array.isArray(file)) {
    problems.push(`${CONFIG_FILE}: must be a map of sections (${Object.keys(SCHEMA).join(', ')}).`);
    return {};
  }
  for (const [section, options] of Object.entries(file)) {
    if (!Object.hasOwn(SCHEMA, section)) {
      problems.push(
        `${section} in ${CONFIG_FILE}: no such section${suggestion(section, Object.keys(SCHEMA))}. Sections are ${Object.keys(SCHEMA).join(', ')}.`,
      );
    } else if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      problems.push(`${section} in ${CONFIG_FILE}: must be a map of options.`);
    } else {
      const known = Object.keys(SCHEMA[section as keyof typeof SCHEMA]);
      for (const name of Object.keys(options)) {
        if (!known.includes(name))
          problems.push(
            `${section}.${name} in ${CONFIG_FILE}: no such option${suggestion(name, known)}. Remove it or correct the name; docs/config.md lists them all.`,
          );
      }
    }
  }
  return file as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
