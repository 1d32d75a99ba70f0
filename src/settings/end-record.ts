import type { AuditEntry, AuditTrail } from '../audit/audit-trail.js';
import type { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { Refusal } from '../protocol/refusal.js';
import { changesBetween, statesOf } from './setting-changes.js';
import type { SettingsTable, SettingsVersion } from './settings-table.js';
import { endedOf, type StoredSettings, withoutEnded } from './stored-settings.js';

type Newest = StoredSettings & Pick<SettingsVersion, 'version'>;

/** What was to be recorded when the answer of the database was lost. */
interface Unsure {
  readonly version: number;
  readonly comment: string;
  readonly entry: AuditEntry;
}

/** Records that the time of settings is over: as a version without them, and for the audit trail. */
export class EndRecord {
  private unsure: Unsure | undefined;

  constructor(
    private readonly table: SettingsTable,
    private readonly trail: AuditTrail,
  ) {}

  /** Answers the settings without those that ended; undefined where another node was faster. Rejects as `SettingsTable.add`. */
  async add(start: Config, newest: Newest): Promise<Newest | undefined> {
    await this.settle();
    const now = Date.now();
    const ended = endedOf(newest, now);
    const next = { version: newest.version + 1, ...withoutEnded(newest, now) };
    // The node tells its own record from another's, should the answer be lost.
    const comment = `set for a time that is over: ${ended.join(', ')}; recorded by ${nodeIdOf(start)}`;
    const lastMoment = Math.min(...ended.map((path) => newest.temporary[path]?.until ?? now)) - 1;
    const { before, after } = statesOf(changesBetween(start, newest, next, lastMoment));
    const states = { before, after: { ...after, version: next.version } };
    const what = { actor: 'system', action: 'settings.revert', target: ended.join(', '), ...states };
    const entry = { ...what, result: 'OK', address: undefined, traceId: undefined } as const;
    try {
      if (!(await this.table.add(newest.version, { actor: 'system', ...next, comment }))) return undefined;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNKNOWN_OUTCOME') this.unsure = { version: next.version, comment, entry };
      throw error;
    }
    await this.tell(entry);
    return next;
  }

  /** What was stored although its answer was lost is for the audit trail too. Rejects as `SettingsTable.one`. */
  async settle(): Promise<void> {
    const { unsure } = this;
    if (unsure === undefined) return;
    const found = await this.table.one(unsure.version);
    this.unsure = undefined;
    if (found?.comment === unsure.comment) await this.tell(unsure.entry);
  }

  /** Where it cannot be recorded the trail has logged it, and the version says so too. */
  private async tell(entry: AuditEntry): Promise<void> {
    await this.trail.record(entry).catch(() => undefined);
  }
}
