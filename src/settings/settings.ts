import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.js';
import { LookAgain } from '../cluster/look-again.js';
import { Nudges } from '../cluster/nudges.js';
import type { Config } from '../config/config.js';
import { LiveSettings } from '../config/live-settings.js';
import { soundOverrides } from '../config/overrides.js';
import { Refusal } from '../protocol/refusal.js';
import { EndRecord } from './end-record.js';
import { changesBetween, type SettingChange } from './setting-changes.js';
import { SettingsTable, type SettingsVersion } from './settings-table.js';
import { checkStages, soundSettings, withChanges } from './sound-settings.js';
import { endedOf, inForce, nextEnd, NOTHING_SET, type StoredSettings, withoutEnded } from './stored-settings.js';

/** How often a change is tried anew where other changes come between. */
const ATTEMPTS = 5;
/** Longest sleep until a value ends: timers know no more than 24 days, and clocks are set. */
const LONGEST_SLEEP_MS = 3_600_000;

/** What an operator asks for. */
export interface ChangeRequest {
  /** What goes on top of the settings of the start; null takes a value off again. */
  readonly set: Readonly<Record<string, unknown>>;
  /** How long it holds, milliseconds; absent: until it is taken off. */
  readonly forMs: number | undefined;
  readonly actor: string;
  readonly comment: string;
  /** Only tells what would change. */
  readonly dryRun: boolean;
  /** Refuses with `CONFLICT` where another version is the newest. */
  readonly expectedVersion: number | undefined;
}

export type RollbackRequest = Omit<ChangeRequest, 'set' | 'forMs'> & { readonly version: number };

export interface ChangeResult {
  /** The newest version now. A dry run, and a change that changes nothing, makes none. */
  readonly version: number;
  readonly changes: readonly SettingChange[];
}

/**
 * The settings that operators change while the program runs. They are stored in versions, each with all of them, and stand above
 * environment and file on every node: at once on the one that changed them, on the others when they are told to look or look by themselves
 * (`cluster.settingsPollMs`).
 * What was set for a time ends on each node by itself, with or without the database; one of them records that.
 */
@Injectable()
export class Settings implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Settings');
  private readonly ends: EndRecord;
  private version = 0;
  /** As it is in the database, and what of it holds on this program. */
  private stored: StoredSettings = NOTHING_SET;
  private sound: StoredSettings = NOTHING_SET;
  private poll: NodeJS.Timeout | undefined;
  private ending: NodeJS.Timeout | undefined;
  private readonly looks = new LookAgain(() => this.lookOnce());
  private stopped = false;

  constructor(
    private readonly live: LiveSettings,
    private readonly table: SettingsTable,
    trail: AuditTrail,
    private readonly nudges: Nudges,
  ) {
    this.ends = new EndRecord(table, trail);
  }

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
    this.poll = setInterval(() => this.lookAgain(), this.live.current.cluster.settingsPollMs);
    this.poll.unref();
    this.nudges.on('settings', () => this.lookAgain());
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.poll);
    clearTimeout(this.ending);
    this.stopped = true;
    await this.looks.idle;
  }

  /** The settings in force here, their version, and by path when some of them end (milliseconds since the epoch). */
  get current(): { readonly version: number; readonly config: Config; readonly ends: ReadonlyMap<string, number> } {
    const { temporary } = withoutEnded(this.sound, Date.now());
    const ends = new Map(Object.entries(temporary).map(([path, { until }]) => [path, until]));
    return { version: this.version, config: this.live.current, ends };
  }

  /** Refuses with `BAD_REQUEST`, `CONFLICT`, `UNAVAILABLE`, `UNKNOWN_OUTCOME`. */
  async change(request: ChangeRequest): Promise<ChangeResult> {
    const { set, forMs } = request;
    return this.renew(request, async (stored, now) => withChanges(stored, set, forMs === undefined ? undefined : now + forMs));
  }

  /** Puts what an older version had set in force again, as a new one; version 0 had nothing. Refuses as `change` does, and with `NOT_FOUND`. */
  async rollback(request: RollbackRequest): Promise<ChangeResult> {
    return this.renew(request, async (_stored, now) => {
      if (request.version === 0) return NOTHING_SET;
      const found = await this.table.one(request.version);
      if (found === undefined)
        throw new Refusal('NOT_FOUND', 'version: there is none with this number; GET ops/settings/versions lists them', {
          field: 'version',
        });
      return soundSettings(this.live.current.atStart, withoutEnded(found, now)).sound;
    });
  }

  versions(limit: number, before: number | undefined): Promise<readonly SettingsVersion[]> {
    return this.table.list(limit, before);
  }

  private async renew(
    request: Omit<ChangeRequest, 'set' | 'forMs'>,
    edit: (stored: StoredSettings, now: number) => Promise<StoredSettings>,
  ): Promise<ChangeResult> {
    const { actor, comment, dryRun, expectedVersion } = request;
    const start = this.live.current.atStart;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const newest = (await this.table.newest()) ?? NONE;
      if (expectedVersion !== undefined && expectedVersion !== newest.version) throw overtaken(newest.version);
      const now = Date.now();
      const stored = soundSettings(start, withoutEnded(newest, now)).sound;
      const next = await edit(stored, now);
      checkStages(start, next, now);
      const changes = changesBetween(start, stored, next, now);
      if (dryRun || changes.length === 0) return { version: newest.version, changes };
      // What has ended is recorded as such, and not as a part of this change.
      const base = endedOf(newest, now).length === 0 ? newest.version : await this.retire(newest);
      if (base === undefined || !(await this.table.add(base, { actor, ...next, comment }))) continue;
      this.apply(base + 1, next);
      this.nudges.tell('settings');
      return { version: base + 1, changes };
    }
    throw new Refusal('CONFLICT', 'others change the settings all the time; look at them and try again');
  }

  private lookAgain(): void {
    if (!this.stopped) void this.looks.now();
  }

  private async lookOnce(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      // The settings stay as they are until the database answers.
      if (!(error instanceof Refusal)) this.logger.error('Settings could not be looked up.', error);
    }
  }

  private async look(): Promise<void> {
    const known = this.version;
    const newest = await this.table.newest(known);
    await this.ends.settle();
    // What was changed here while the answer was under way is newer than the answer.
    if (newest !== undefined && known === this.version) this.apply(newest.version, newest);
    if (endedOf(this.stored, Date.now()).length > 0) await this.retire({ version: this.version, ...this.stored });
  }

  private apply(version: number, stored: StoredSettings): void {
    const { sound, problems } = soundSettings(this.live.current.atStart, withoutEnded(stored, Date.now()));
    for (const problem of problems) this.logger.warn(`A setting that operators stored (version ${version}) is left out: ${problem}`);
    this.version = version;
    this.stored = stored;
    this.sound = sound;
    const paths = this.enforce();
    this.logger.log(
      paths.length === 0
        ? `No setting is overridden by operators (version ${version}).`
        : `${paths.length} ${paths.length === 1 ? 'setting is' : 'settings are'} overridden by operators (version ${version}), above environment and file: ${paths.join(', ')}.`,
    );
  }

  /** Puts in force what holds at this moment, until the next value ends; answers its paths. */
  private enforce(): readonly string[] {
    const { current } = this.live;
    const now = Date.now();
    const overrides = soundOverrides(current.atStart, inForce(this.sound, now)).sound;
    this.live.replace(current.withOverrides(overrides));
    clearTimeout(this.ending);
    const end = nextEnd(this.sound, now);
    if (end !== undefined) {
      this.ending = setTimeout(() => this.endNow(), Math.min(end - now, LONGEST_SLEEP_MS));
      this.ending.unref();
    }
    return Object.keys(overrides);
  }

  /** Does not wait for the database: it may be away. */
  private endNow(): void {
    const ended = endedOf(this.sound, Date.now());
    this.enforce();
    if (ended.length > 0) this.logger.log(`The time of what operators set is over: ${ended.join(', ')}.`);
    this.lookAgain();
  }

  /** Answers the version that records it; undefined where another node was faster. */
  private async retire(newest: StoredSettings & Pick<SettingsVersion, 'version'>): Promise<number | undefined> {
    const next = await this.ends.add(this.live.current.atStart, newest);
    if (next !== undefined) this.apply(next.version, next);
    return next?.version;
  }
}

const NONE = { version: 0, ...NOTHING_SET };

function overtaken(version: number): Refusal {
  return new Refusal('CONFLICT', `expected_version: the newest version is ${version}; look at what changed and decide again`, {
    field: 'expected_version',
  });
}
