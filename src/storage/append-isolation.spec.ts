import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftOf } from '../../test/conformance/message-log.suite.js';
import { openMessageLog, type OpenLog } from '../../test/conformance/open-message-log.js';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.js';
import type { Draft } from '../messaging/message.js';
import { appendCall } from './append-call.js';

const WINDOW_MS = 86_400_000;

/** The append inside a transaction whose snapshot is older than its locks. */
describe.each(['repeatable read', 'serializable'])('an append under %s', (isolation) => {
  let fresh: TestDatabase;
  let open: OpenLog;
  let client: pg.Client;

  beforeAll(async () => {
    fresh = await freshDatabase();
    open = await openMessageLog(fresh.url);
    client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await open.close();
    await fresh.drop();
  });

  const begin = async (): Promise<void> => {
    await client.query(`begin isolation level ${isolation}`);
    await client.query('select count(*) from waybill.message');
  };
  const append = async (draft: Draft): Promise<unknown> => {
    const { text, values } = appendCall([draft], () => 7, WINDOW_MS, true);
    return (await client.query<{ outcome: string }>(text, [...(values ?? [])])).rows[0]?.outcome;
  };

  it('stores and recognises repeats', async () => {
    const draft = draftOf('iso.a');
    await begin();
    expect(await append(draft)).toBe('s');
    expect(await append(draft)).toBe('d');
    await client.query('commit');
    await begin();
    expect(await append(draft)).toBe('d');
    await client.query('commit');
    expect(await open.log.ends(['iso.a'])).toMatchObject([{ head: 1 }]);
  });

  it.each(['iso.known', 'iso.new'])(
    'fails as not serialisable where %s moved since its snapshot, instead of overlooking a repeat',
    async (topic) => {
      const draft = draftOf(topic);
      if (topic === 'iso.known') await open.log.append([draftOf(topic)]);
      await begin();
      const [stored] = await open.log.append([draft]);
      await expect(append(draft)).rejects.toMatchObject({ code: '40001' });
      await client.query('rollback');
      await begin();
      expect(await append(draft)).toBe('d');
      await client.query('commit');
      expect(await open.log.ends([topic])).toMatchObject([{ head: stored?.kind === 'stored' ? stored.position.seq : 0 }]);
    },
  );

  it('goes on beside another that makes the same partition', async () => {
    await begin();
    const { text, values } = appendCall([draftOf('iso.kept')], () => 0, WINDOW_MS, true);
    const other = new pg.Client({ connectionString: fresh.url });
    await other.connect();
    await other.query(text, [...(values ?? [])]);
    await other.end();
    const mine = appendCall([draftOf('iso.also')], () => 0, WINDOW_MS, true);
    expect((await client.query<{ outcome: string }>(mine.text, [...(mine.values ?? [])])).rows).toMatchObject([{ outcome: 's' }]);
    await client.query('commit');
  });
});
