import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { LiveSettings } from '../config/live-settings.js';
import { liveValue, type Overrides, soundOverrides } from '../config/overrides.js';
import { Refusal } from '../protocol/refusal.js';
import { changesBetween, type SettingChange } from './setting-view.js';
import { SettingsTable, type SettingsVersion } from './settings-table.js';

/** How often a change is tried anew where other changes come between. */
const ATTEMPTS = 5;

/** What an operator asks for. */
export interface ChangeRequest {
  /** What goes on top of the settings of the start; null takes a value off again. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly comment: string;
  /** Only tells what would change. */
  readonly dryRun: boolean;
  /** Refuses with `CONFLICT` where another version is the newest. */
  readonly expectedVersion: number | undefined;
}

export type RollbackRequest = Omit<ChangeRequest, 'set'> & { readonly version: number };

export interface ChangeResult {
  /** The newest version now. A dry run, and a change that changes nothing, makes none. */
  readonly version: number;
  readonly changes: readonly SettingChange[];
}

/**
 * The settings that operators change while the program runs. They are stored in versions, each with all of them, and stand above
 * environment and file on every node: at once on the one that changed them, on the others when they look (`cluster.settingsPollMs`).
 */
@Injectable()
export class Settings implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Settings');
  private version = 0;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly live: LiveSettings,
    private readonly table: SettingsTable,
  ) {}

  /** What was stored is in force before the doors open. */
  async onModuleInit(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.logger.warn(
        'What operators set is not known yet, because the database does not answer: until it does, environment and file hold.',
      );
    }
    this.timer = setInterval(() => void (this.looking ??= this.lookAgain()), this.live.current.cluster.settingsPollMs);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** The settings in force here, and their version. */
  get current(): { readonly version: number; readonly config: Config } {
    return { version: this.version, config: this.live.current };
  }

  /** Refuses with `BAD_REQUEST`, `CONFLICT`, `UNAVAILABLE`, `UNKNOWN_OUTCOME`. */
  async change(request: ChangeRequest): Promise<ChangeResult> {
    return this.renew(request, (stored) => Promise.resolve(withChanges(stored, request.set)));
  }

  /** Puts the overrides of an older version in force again, as a new one; version 0 has none. Refuses as `change` does, and with `NOT_FOUND`. */
  async rollback(request: RollbackRequest): Promise<ChangeResult> {
    return this.renew(request, async () => {
      if (request.version === 0) return {};
      const found = await this.table.one(request.version);
      if (found === undefined)
        throw new Refusal('NOT_FOUND', 'version: there is none with this number; GET ops/settings/versions lists them', {
          field: 'version',
        });
      return soundOverrides(this.live.current.atStart, found.overrides).sound;
    });
  }

  versions(limit: number, before: number | undefined): Promise<readonly SettingsVersion[]> {
    return this.table.list(limit, before);
  }

  private async renew(request: Omit<ChangeRequest, 'set'>, edit: (stored: Overrides) => Promise<Overrides>): Promise<ChangeResult> {
    const { actor, comment, dryRun, expectedVersion } = request;
    const start = this.live.current.atStart;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const newest = (await this.table.newest()) ?? NONE;
      if (expectedVersion !== undefined && expectedVersion !== newest.version) throw overtaken(newest.version);
      const { sound: stored } = soundOverrides(start, newest.overrides);
      const overrides = await edit(stored);
      const changes = changesBetween(start.withOverrides(stored), checked(start, overrides), [stored, overrides]);
      if (dryRun || changes.length === 0) return { version: newest.version, changes };
      if (!(await this.table.add(newest.version, { actor, overrides, comment }))) continue;
      const version = newest.version + 1;
      this.apply(version, overrides);
      return { version, changes };
    }
    throw new Refusal('CONFLICT', 'others change the settings all the time; look at them and try again');
  }

  private async lookAgain(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      // The settings stay as they are until the database answers.
      if (!(error instanceof Refusal)) this.logger.error('Settings could not be looked up.', error);
    } finally {
      this.looking = undefined;
    }
  }

  private async look(): Promise<void> {
    const known = this.version;
    const newest = await this.table.newest(known);
    // What was changed here while the answer was under way is newer than the answer.
    if (newest !== undefined && known === this.version) this.apply(newest.version, newest.overrides);
  }

  private apply(version: number, overrides: Overrides): void {
    const { current } = this.live;
    const { sound, problems } = soundOverrides(current.atStart, overrides);
    for (const problem of problems) this.logger.warn(`A setting that operators stored (version ${version}) is left out: ${problem}`);
    this.version = version;
    this.live.replace(current.withOverrides(sound));
    const paths = Object.keys(sound);
    this.logger.log(
      paths.length === 0
        ? `No setting is overridden by operators (version ${version}).`
        : `${paths.length} ${paths.length === 1 ? 'setting is' : 'settings are'} overridden by operators (version ${version}), above environment and file: ${paths.join(', ')}.`,
    );
  }
}

const NONE = { version: 0, overrides: {} as Overrides };

function withChanges(stored: Overrides, set: ChangeRequest['set']): Overrides {
  const next = new Map(Object.entries(stored));
  for (const [path, raw] of Object.entries(set)) {
    if (raw === null) {
      next.delete(path);
      continue;
    }
    const [value, problem] = liveValue(path, raw);
    if (problem !== undefined) throw new Refusal('BAD_REQUEST', problem, { field: `set.${path}` });
    next.set(path, value);
  }
  return Object.fromEntries(next);
}

function checked(start: Config, overrides: Overrides): Config {
  try {
    return start.withOverrides(overrides);
  } catch (error) {
    if (error instanceof ConfigError) throw new Refusal('BAD_REQUEST', error.problems.join(' '), { field: 'set' });
    throw error;
  }
}

function overtaken(version: number): Refusal {
  return new Refusal('CONFLICT', `expected_version: the newest version is ${version}; look at what changed and decide again`, {
    field: 'expected_version',
  });
}
