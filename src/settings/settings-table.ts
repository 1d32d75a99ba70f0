import { Injectable } from '@nestjs/common';
import { Refusal } from '../protocol/refusal.js';
import { Database, type Row, type Statement } from '../storage/database.js';
import { QueryFailure } from '../storage/query-failure.js';
import type { StoredSettings } from './stored-settings.js';

const RETRY_AFTER_MS = 1_000;
const COLUMNS = '(extract(epoch from at) * 1000)::bigint, actor, overrides, comment, temporary';

/** All settings that operators changed, as they were from one change to the next. Version 0: none, and never stored. */
export interface SettingsVersion extends StoredSettings {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly comment: string;
}

/** The versions of the settings, in the database that all nodes share. Refuses with `UNAVAILABLE` where it does not answer. */
@Injectable()
export class SettingsTable {
  constructor(private readonly database: Database) {}

  /** The newest version; undefined where nothing was ever changed, and where `known` is the newest. */
  async newest(known = -1): Promise<SettingsVersion | undefined> {
    // What is known is not sent again. Not `version > known`: a database that was put back to an older copy has the say.
    const rows = await this.ask({
      text: `select version, ${COLUMNS} from (select * from waybill.settings_version order by version desc limit 1) n where version <> $1`,
      values: [known],
    });
    return rows[0] && versionOf(rows[0]);
  }

  async one(version: number): Promise<SettingsVersion | undefined> {
    const rows = await this.ask({ text: `select version, ${COLUMNS} from waybill.settings_version where version = $1`, values: [version] });
    return rows[0] && versionOf(rows[0]);
  }

  /** The newest first. */
  async list(limit: number, before = Number.MAX_SAFE_INTEGER): Promise<readonly SettingsVersion[]> {
    const text = `select version, ${COLUMNS} from waybill.settings_version where version < $1 order by version desc limit $2`;
    return (await this.ask({ text, values: [before, limit] })).map(versionOf);
  }

  /** Adds the version behind `base`; false where somebody else was faster. Rejects with `UNKNOWN_OUTCOME` where that is not known. */
  async add(base: number, { actor, overrides, temporary, comment }: Omit<SettingsVersion, 'version' | 'at'>): Promise<boolean> {
    const rows = await this.ask({
      text: `insert into waybill.settings_version (version, at, actor, overrides, comment, temporary) select $1::bigint + 1, now(), $2, $3::jsonb, $4, $5::jsonb
        where $1::bigint = (select coalesce(max(version), 0) from waybill.settings_version) on conflict do nothing returning version`,
      values: [base, actor, JSON.stringify(overrides), comment, JSON.stringify(temporary)],
    });
    return rows.length === 1;
  }

  private async ask(statement: Statement): Promise<readonly Row[]> {
    try {
      return await this.database.query('settings', statement);
    } catch (error) {
      if (error instanceof QueryFailure && error.kind === 'lost' && statement.text.startsWith('insert'))
        throw new Refusal(
          'UNKNOWN_OUTCOME',
          'whether the settings were stored is not known; GET ops/settings tells it when the database is back',
        );
      throw new Refusal('UNAVAILABLE', 'settings cannot be read or changed now, because the database does not answer', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
  }
}

function versionOf([version, at, actor, overrides, comment, temporary]: Row): SettingsVersion {
  return {
    version: Number(version),
    at: Number(at),
    actor: actor as string,
    overrides: overrides as StoredSettings['overrides'],
    temporary: temporary as StoredSettings['temporary'],
    comment: comment as string,
  };
}
