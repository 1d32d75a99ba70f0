import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from './postgres.js';

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
