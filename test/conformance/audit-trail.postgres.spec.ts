import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PostgresAuditTrail } from '../../src/audit/postgres-audit-trail.js';
import { Config } from '../../src/config/config.js';
import { freshDatabase } from '../support/postgres.js';
import { describeAuditTrail } from './audit-trail.suite.js';
import { openMessageLog } from './open-message-log.js';

Logger.overrideLogger(false);

describeAuditTrail('PostgresAuditTrail', async () => {
  const fresh = await freshDatabase();
  const configs = ['n1', 'n2'].map((WAYBILL_NODE_ID) => Config.from({ WAYBILL_NODE_ID })) as [Config, Config];
  const [first, second] = await Promise.all([openMessageLog(fresh.url, configs[0]), openMessageLog(fresh.url, configs[1])]);
  return {
    first: new PostgresAuditTrail(first.database, configs[0]),
    second: new PostgresAuditTrail(second.database, configs[1]),
    close: async () => {
      await Promise.all([first.close(), second.close()]);
      await fresh.drop();
    },
  };
});

describe('PostgresAuditTrail without its database', () => {
  it('says beforehand that nothing can be recorded, and refuses to read', async () => {
    const fresh = await freshDatabase();
    const config = Config.from({});
    const open = await openMessageLog(fresh.url, config);
    const trail = new PostgresAuditTrail(open.database, config);
    expect(trail.refusal).toBeUndefined();
    open.database.circuit.open('pulled out');
    expect(trail.refusal).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('nothing was done') as string });
    const entry = { actor: 'system', action: 'a', target: '', result: 'OK', address: undefined, traceId: undefined } as const;
    await expect(trail.record(entry)).rejects.toThrow('the database is away');
    await open.close();
    await fresh.drop();
    await expect(trail.head()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
