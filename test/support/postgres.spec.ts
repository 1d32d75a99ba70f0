import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openMessageLog } from '../conformance/open-message-log.js';
import { migratedDatabase } from './migrated-database.js';
import { freshDatabase, type TestDatabase } from './postgres.js';

describe('freshDatabase', () => {
  it('gives empty databases that do not see one another, and removes them', async () => {
    const [first, second] = await Promise.all([freshDatabase(), freshDatabase()]);
    const client = new pg.Client({ connectionString: first.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('CREATE TABLE thing (id int)');
    const other = new pg.Client({ connectionString: second.url });
    await other.connect();
    const found = await other.query("SELECT to_regclass('thing') AS name");
    expect(found.rows).toEqual([{ name: null }]);
    await first.drop();
    const left = await other.query('SELECT count(*)::int AS count FROM pg_database WHERE datname = $1', [
      new URL(first.url).pathname.slice(1),
    ]);
    expect(left.rows).toEqual([{ count: 0 }]);
    await other.end();
    await second.drop();
  });
});

describe('migratedDatabase', () => {
  /** Every table, column, index, constraint and function, and what is granted; without the databases' own names and numbers. */
  const SCHEMA = `
    SELECT c.relname AS name, c.relkind::text AS kind, c.relacl::text AS granted,
           (SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum)
              FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = c.oid AND a.attnum > 0) AS definition
      FROM pg_class c WHERE c.relnamespace = 'waybill'::regnamespace
    UNION ALL
    SELECT p.proname, 'function', p.proacl::text, to_jsonb(pg_get_functiondef(p.oid)) FROM pg_proc p WHERE p.pronamespace = 'waybill'::regnamespace
    UNION ALL
    SELECT k.conname, 'constraint', NULL, to_jsonb(pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.connamespace = 'waybill'::regnamespace
    ORDER BY 1, 2, 4`;

  async function opened<Result>(database: TestDatabase, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const log = await openMessageLog(database.url);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
      await log.close();
      await database.drop();
    }
  }

  const schemaOf = async (client: pg.Client): Promise<readonly unknown[]> => (await client.query(SCHEMA)).rows;
  const logOf = async (client: pg.Client): Promise<{ readonly generation: string; readonly verified: string; readonly reason: string }> =>
    (await client.query('SELECT generation, waybill.verify_log() AS verified, reason FROM waybill.log')).rows[0];

  it('has what a first start makes of an empty one', async () => {
    const made = await opened(await freshDatabase(), schemaOf);
    expect(made.length).toBeGreaterThan(50);
    expect(await opened(await migratedDatabase(), schemaOf)).toEqual(made);
  });

  it('is a log of its own, and a first one', async () => {
    const logs = await Promise.all([1, 2].map(async () => opened(await migratedDatabase(), logOf)));
    for (const { generation, verified, reason } of logs) {
      expect(generation).toMatch(/^1[0-9a-f]{7}$/);
      expect([verified, reason]).toEqual([generation, 'the log was made']);
    }
    expect(logs[0]?.generation).not.toBe(logs[1]?.generation);
  });
});

describe('the test runner', () => {
  it('emits the metadata that constructor injection by type needs', async () => {
    @Injectable()
    class Engine {
      readonly name = 'diesel';
    }
    @Injectable()
    class Car {
      constructor(readonly engine: Engine) {}
    }
    const module = await Test.createTestingModule({ providers: [Engine, Car] }).compile();
    expect(module.get(Car).engine).toBe(module.get(Engine));
    await module.close();
  });
});
