import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { type DebianPostgres, debianPostgres } from '../rig/debian-postgres.js';
import { epochNotices } from '../rig/epoch-notices.js';
import { guardian } from '../rig/guardian.js';
import type { PostgresProcess } from '../rig/postgres-process.js';
import { PRIMARY_SETTINGS, baseBackup } from '../rig/standby.js';
import type { Workshop } from '../rig/workshop.js';
import { type Fault, type FaultOutcome, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

/** Keeps the log as it is now; answers how to put it in the place of the later one, and with which server. */
type Keep = (workshop: Workshop, server: PostgresProcess, tools: DebianPostgres) => Promise<() => Promise<PostgresProcess>>;

async function run(workshop: Workshop, keep: Keep): Promise<FaultOutcome> {
  const tools = debianPostgres();
  const server = await workshop.postgres({ binaries: tools, settings: PRIMARY_SETTINGS });
  const way = await workshop.proxy(server.url());
  const trial = await workshop.trial(way.through(server.url()));
  await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 6, inFlight: 16, pauseMs: 4 });
  await trial.untilAcked(500);
  const replace = await keep(workshop, server, tools);
  await trial.untilAcked(workshop.either({ short: 300, long: 1_000 }));
  const replacedAt = trial.journal.now();
  const replacement = await replace();
  for (const subscriber of trial.subscribers.slice(0, 3)) subscriber.drop();
  way.lead(replacement.url());
  await trial.untilAcked(200);
  await trial.untilLive();
  await trial.markHealed();
  await trial.untilAcked(200);
  const verdict = await trial.finish();
  const { stale, told } = epochNotices(trial.journal.records, replacedAt);
  return {
    kind: 'run',
    trial,
    verdict,
    figures: { 'gone with the old log': verdict.figures.lostWithEpoch, 'stale positions told': `${told} of ${stale}` },
    failures: unmet([told === stale, `only ${told} of ${stale} stale positions were told that the log is another one`]),
  };
}

/** F29: an older state of the log, or a new one, takes the place of the one that clients hold positions of. */
export const restoredFromBaseBackup: Fault = {
  id: 'F29-base',
  title: 'database restored from a base backup',
  times: 3,
  needsTools: true,
  run: (workshop) =>
    run(workshop, async (_workshop, server, tools) => {
      const directory = await baseBackup(workshop, server, tools, { port: server.port, standby: false });
      return async () => {
        await server.kill9();
        return workshop.postgres({ binaries: tools, directory, settings: PRIMARY_SETTINGS });
      };
    }),
};

export const restoredFromDump: Fault = {
  id: 'F29-dump',
  title: 'database restored with pg_dump and pg_restore',
  times: 3,
  needsTools: true,
  run: (workshop) =>
    run(workshop, async (_workshop, server, tools) => {
      const directory = guardian.makeDirectory('dump');
      workshop.onEnd(() => guardian.removeDirectory(directory));
      chmodSync(directory, 0o711);
      if (server.account.ids !== undefined) chownSync(directory, server.account.ids.uid, server.account.ids.gid);
      const file = join(directory, 'waybill.dump');
      await server.run(tools.dump, ['--format=custom', `--file=${file}`, `--dbname=${server.url()}`]);
      return async () => {
        await server.kill9();
        const restored = await workshop.postgres({ binaries: tools, settings: PRIMARY_SETTINGS });
        await restored.run(tools.restore, [`--dbname=${restored.url()}`, '--exit-on-error', file]);
        return restored;
      };
    }),
};

export const logReset: Fault = {
  id: 'F29-reset',
  title: 'log reset by its operator',
  times: 3,
  needsTools: true,
  run: (workshop) =>
    run(workshop, async (_workshop, server) => async () => {
      await server.query(`select waybill.reset_log('a test of the log’s reset')`);
      return server;
    }),
};
