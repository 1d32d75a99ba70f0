import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog } from '../../test/conformance/open-message-log.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import { Config } from '../config/config.js';
import { LogWatch } from './log-watch.js';
import { LogWitness } from './log-witness.js';

describe('the witness of the log', () => {
  let fresh: TestDatabase;
  let open: OpenLog;
  let directory: string;
  let file: string;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url);
  });
  afterAll(async () => {
    await open.close();
    await fresh.drop();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waybill-witness-'));
    file = join(directory, 'log-position.json');
    return () => rmSync(directory, { recursive: true });
  });

  const witness = (): LogWitness => new LogWitness(Config.from({ WAYBILL_DATA_DIR: directory }));
  const look = async (by: LogWitness): Promise<void> => {
    await new LogWatch(open.database, by).look();
  };
  const generation = async (): Promise<string> => (await open.log.ends(['room.a']))[0]?.epoch ?? '';
  const seen = (): { identity: string; lsn: string } => JSON.parse(readFileSync(file, 'utf8')) as { identity: string; lsn: string };

  it('writes down how far the database had come', async () => {
    const before = await generation();
    const by = witness();
    await look(by);
    const { lsn } = seen();
    await open.log.append([draftOf('room.a')]);
    await look(by);
    expect(seen().lsn).not.toBe(lsn);
    expect(await generation()).toBe(before);
    await look(witness());
    expect(await generation()).toBe(before);
  });

  it('begins a new generation of a database that is behind, once for all its nodes and connections', async () => {
    await look(witness());
    const before = await generation();
    const ahead = JSON.stringify({ ...seen(), lsn: 'FFFF/0' });
    writeFileSync(file, ahead);
    const [first, second] = [witness(), witness()];
    await Promise.all([look(first), look(second)]);
    const after = await generation();
    expect(after).not.toBe(before);
    await Promise.all([look(first), look(second), look(witness())]);
    expect(await generation()).toBe(after);
    // It goes on from where the database is now, and would notice the next time.
    expect(seen().lsn).not.toBe('FFFF/0');
    writeFileSync(file, JSON.stringify({ ...seen(), lsn: 'FFFF/1' }));
    await look(witness());
    expect(await generation()).not.toBe(after);
  });

  it.each([
    ['of another database', (lsn: string) => JSON.stringify({ identity: 'other', lsn })],
    ['that is damaged', () => '{"identity":"'],
    ['that holds something else', () => '{"identity":4,"lsn":"; drop table"}'],
  ])('takes no notice of a file %s', async (_name, text) => {
    await look(witness());
    const before = await generation();
    writeFileSync(file, text('FFFF/FFFFFFFF'));
    await look(witness());
    expect(await generation()).toBe(before);
  });

  it('does without a directory that cannot be written to', async () => {
    const by = new LogWitness(Config.from({ WAYBILL_DATA_DIR: join(directory, 'none') }));
    await look(by);
    by.keep();
    expect(by.question.values?.[1]).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
  });
});
