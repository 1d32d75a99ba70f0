import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE_CLIENTS, QUICK_LIMITS } from '../faults/load/hostile-clients.js';
import { CREDENTIALS, tokenFor } from '../faults/rig/credentials.js';
import { Operator } from '../faults/rig/operator.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';

/** What these clients do to the pace of others is measured in the long form of the fault tests. */
describe('the built program and a client that', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let program: Program;
  let operator: Operator;
  let bystander: TestSocket;

  beforeAll(async () => {
    database = await freshDatabase();
    program = await Program.start({ env: { ...CREDENTIALS, ...QUICK_LIMITS, DATABASE_URL: database.url, WAYBILL_LOG_LEVEL: 'warn' } });
    operator = new Operator(program);
    bystander = await TestSocket.connect(program.port, await tokenFor('bystander'));
  }, 120_000);
  afterAll(async () => {
    bystander.socket.terminate();
    await program.dispose();
    await database.drop();
  });

  it.each(HOSTILE_CLIENTS.map((client, index) => ({ ...client, user: `hostile-${index}` })))(
    '$name is closed with $code',
    async (client) => {
      const { code, user } = client;
      const queuedBytes = async (): Promise<number> => (await operator.connections('open', user))[0]?.queued_bytes ?? 0;
      const end = await client.attack({ port: program.port, token: await tokenFor(user), queuedBytes });
      try {
        const closed = await operator.until(async () => (await operator.connections('closed', user))[0], 30_000, `${user} is closed`);
        expect(closed.close).toMatchObject({ code, initiator: 'server' });
      } finally {
        await end();
      }
      expect((await bystander.request('ping'))['code']).toBe('OK');
    },
  );
});
