import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn, type Repository } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/support/postgres.js';
import { Config } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { NoopTelemetry } from '../telemetry/noop-telemetry.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { DatabaseHealth } from './database-health.js';
import { PostgresMessageLog } from './postgres-message-log.js';
import { MIGRATIONS } from './migrations/all.js';
import { findPostmaster } from './postmaster.js';
import { StorageModule } from './storage.module.js';

@Global()
@Module({ providers: [{ provide: Telemetry, useClass: NoopTelemetry }], exports: [Telemetry] })
class SilentModule {}

@Entity('api_key')
class KeyRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('char', { length: 64 })
  hash!: string;

  @Column('text', { array: true })
  scopes!: string[];
}

class Keys {
  constructor(@InjectRepository(KeyRow) readonly repository: Repository<KeyRow>) {}
}

@Module({ imports: [TypeOrmModule.forFeature([KeyRow])], providers: [Keys], exports: [Keys] })
class KeysModule {}

async function boot(env: Record<string, string>, modules: readonly Type[] = []): Promise<TestingModule> {
  const builder = Test.createTestingModule({ imports: [ConfigModule.with(Config.from(env)), SilentModule, StorageModule, ...modules] });
  const module = await builder.compile();
  module.useLogger(false);
  module.enableShutdownHooks([]);
  return module.init();
}

const DRAFT = {
  topic: 'room.a',
  msgId: '1',
  publisher: 'alice',
  action: 'a',
  dataText: '1',
  timestamp: 1,
  clientTimestamp: undefined,
  door: 'rest',
  trace: undefined,
} as const;

describe('the storage module', { timeout: 60_000 }, () => {
  it('lets nodes that start at once share a new database, and serves entities of other modules', async () => {
    const fresh = await freshDatabase();
    const nodes = await Promise.all([1, 2, 3].map(() => boot({ DATABASE_URL: fresh.url }, [KeysModule])));
    const [first, second] = nodes as [TestingModule, TestingModule];
    expect(await first.get(PostgresMessageLog).append([DRAFT])).toMatchObject([{ kind: 'stored', position: { seq: 1 } }]);
    expect(await second.get(PostgresMessageLog).append([DRAFT])).toMatchObject([{ kind: 'duplicate', position: { seq: 1 } }]);
    const id = '0199c0de-0000-7000-8000-000000000000';
    await first.get(Keys, { strict: false }).repository.insert({ id, name: 'ci', hash: 'f'.repeat(64), scopes: ['publish', 'read'] });
    expect(await second.get(Keys, { strict: false }).repository.findOneBy({ id })).toEqual({
      id,
      name: 'ci',
      hash: 'f'.repeat(64),
      scopes: ['publish', 'read'],
    });
    const migrations: unknown[] = await first.get(DataSource).query('select name from waybill.migrations');
    expect(migrations).toHaveLength(MIGRATIONS.length);
    const health = first.get(DatabaseHealth, { strict: false });
    expect(health.state).toBe('ok');
    expect(health.lastSuccessAgeMs).toBeLessThan(10_000);
    expect(health.pool.total).toBeGreaterThan(0);
    await Promise.all(nodes.map((node) => node.close()));
    expect(first.get(DataSource).isInitialized).toBe(false);
    await fresh.drop();
  });

  it('runs on an embedded Postgres without DATABASE_URL, which it stops', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'waybill-storage-'));
    const first = await boot({ WAYBILL_DATA_DIR: dataDir });
    expect(await first.get(PostgresMessageLog).append([DRAFT])).toMatchObject([{ kind: 'stored' }]);
    await first.close();
    expect(findPostmaster(join(dataDir, 'postgres'))).toBeUndefined();
    // Its pool was closed before it, so the server had nobody to send away.
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).not.toContain('terminating connection');
    const second = await boot({ WAYBILL_DATA_DIR: dataDir });
    expect(await second.get(PostgresMessageLog).append([DRAFT])).toMatchObject([{ kind: 'duplicate' }]);
    await second.close();
    expect(readdirSync(dataDir).toSorted()).toEqual(['log-position.json', 'postgres', 'postgres-password', 'postgres.log']);
    rmSync(dataDir, { recursive: true });
  });
});
