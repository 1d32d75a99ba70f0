import pg from 'pg';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog } from '../../test/conformance/open-message-log.js';
import { freshDatabase } from '../../test/support/postgres.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import { Config } from '../config/config.js';
import { LogWitness } from './log-witness.js';
import { dataSourceOptions } from './data-source.js';
import { Database, type Row, type Statement } from './database.js';
import { DatabaseHealth } from './database-health.js';
import { MIGRATIONS } from './migrations/all.js';
import { CreateLog1763690000000 } from './migrations/create-log.js';
import { PostgresMessageLog } from './postgres-message-log.js';

/** Appends as the release before did, without origins. */
class FormerDatabase extends Database {
  override query(operation: string, statement: Statement): Promise<readonly Row[]> {
    if (operation !== 'append') return super.query(operation, statement);
    return super.query(operation, { text: statement.text.replace(', $14', ''), values: statement.values?.toSpliced(11, 1) ?? [] });
  }
}

describe('a rolling upgrade', () => {
  it('lets nodes of the release before go on while a new one changes the schema, and after', { timeout: 60_000 }, async () => {
    const fresh = await freshDatabase();
    const config = Config.from({});
    const administrator = new pg.Client({ connectionString: fresh.url });
    await administrator.connect();
    await administrator.query('create schema waybill');
    const dataSource = new DataSource({
      ...dataSourceOptions(fresh.url, config.storage, new LogWitness(config), () => undefined),
      migrations: [CreateLog1763690000000],
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    const oldDatabase = new FormerDatabase(dataSource, new RecordingTelemetry(), new DatabaseHealth(), config);
    const oldLog = new PostgresMessageLog(oldDatabase, config);

    let upgraded = false;
    let stored = 0;
    const publishing = (async () => {
      for (let after = 0; after < 5; after += upgraded ? 1 : 0) {
        const outcomes = await oldLog.append([draftOf('room.a'), draftOf('room.b')]);
        expect(outcomes).toMatchObject([{ kind: 'stored' }, { kind: 'stored' }]);
        stored += 1;
      }
    })();
    await expect.poll(() => stored, { timeout: 15_000 }).toBeGreaterThan(3);
    const next = await openMessageLog(fresh.url, config);
    upgraded = true;
    await publishing;
    expect(await next.log.ends(['room.a', 'room.b'])).toMatchObject([{ head: stored }, { head: stored }]);

    // Going back: the old release does not know what the new one ran, and leaves it alone.
    expect(await dataSource.runMigrations()).toEqual([]);
    expect(await oldLog.append([draftOf('room.a')])).toMatchObject([{ kind: 'stored', position: { seq: stored + 1 } }]);
    const { rows } = await administrator.query('select name from waybill.migrations order by id');
    expect(rows).toEqual(MIGRATIONS.map(({ name }) => ({ name })));

    await next.close();
    oldDatabase.stop();
    await dataSource.destroy();
    await administrator.end();
    await fresh.drop();
  });

  it('can be taken back in development', async () => {
    const fresh = await freshDatabase();
    const open = await openMessageLog(fresh.url);
    const objects = async (): Promise<unknown> =>
      open.dataSource.query(`select proname as name from pg_proc where pronamespace = 'waybill'::regnamespace
        union all select relname from pg_class where relnamespace = 'waybill'::regnamespace and relkind in ('r', 'p', 'v', 'S') and relname !~ '^migrations|_2\\d{7}'
        union all select relname || '.' || attname from pg_attribute join pg_class on pg_class.oid = attrelid where relnamespace = 'waybill'::regnamespace
          and relkind in ('r', 'p') and relname !~ '^migrations|_2\\d{7}' and attnum > 0 and not attisdropped
        union all select indexdef from pg_indexes where schemaname = 'waybill' and tablename !~ '^migrations|_2\\d{7}' order by 1`);
    const runner = open.dataSource.createQueryRunner();
    for (const make of MIGRATIONS.toReversed()) {
      const migration = new make();
      const after = await objects();
      await migration.down(runner);
      const before = await objects();
      expect(before).not.toEqual(after);
      await migration.up(runner);
      expect(await objects()).toEqual(after);
      await migration.down(runner);
      expect(await objects()).toEqual(before);
    }
    expect(await objects()).toEqual([]);
    await runner.release();
    await open.close();
    await fresh.drop();
  });
});
