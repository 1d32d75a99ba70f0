import { debianPostgres } from '../rig/debian-postgres.js';
import { epochNotices } from '../rig/epoch-notices.js';
import { PRIMARY_SETTINGS, standbyOf, waitForStandby } from '../rig/standby.js';
import type { Workshop } from '../rig/workshop.js';
import { type Fault, type FaultOutcome, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { ackedAfter } from './postgres-killed.js';

const PROMOTED_S = 60;

type Kind = 'synchronous' | 'asynchronous';

async function run(workshop: Workshop, kind: Kind): Promise<FaultOutcome> {
  const tools = debianPostgres();
  const primary = await workshop.postgres({ binaries: tools, settings: PRIMARY_SETTINGS });
  const replication = await workshop.proxy(primary.url());
  const standby = await standbyOf(workshop, primary, tools, replication.port);
  if (kind === 'synchronous') await waitForStandby(primary);
  const way = await workshop.proxy(primary.url());
  const trial = await workshop.trial(way.through(primary.url()));
  await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 6, inFlight: 16, pauseMs: 4 });
  await trial.untilAcked(workshop.either({ short: 300, long: 2_000 }));
  if (kind === 'asynchronous') {
    // What is acknowledged from here on is what the failover loses.
    replication.cut();
    await trial.untilAcked(300);
  }
  await primary.kill9();
  const failedAt = trial.journal.now();
  // Some come back only when the log is another one.
  for (const subscriber of trial.subscribers.slice(0, 3)) subscriber.drop();
  await standby.query(`select pg_promote(true, ${PROMOTED_S})`);
  way.lead(standby.url());
  const promotedAt = trial.journal.now();
  await trial.untilAcked(100);
  const resumedAfter = ackedAfter(trial, promotedAt);
  await trial.untilLive();
  await trial.markHealed();
  await trial.untilAcked(100);
  const verdict = await trial.finish();
  const { stale, told } = epochNotices(trial.journal.records, failedAt);
  const { lostWithEpoch } = verdict.figures;
  return {
    kind: 'run',
    trial,
    verdict,
    figures: {
      'acknowledged again after (ms)': resumedAfter,
      'acknowledged and lost': lostWithEpoch,
      'stale positions told': `${told} of ${stale}`,
    },
    failures:
      kind === 'synchronous'
        ? unmet([lostWithEpoch === 0, `${lostWithEpoch} acknowledged messages are not in the log of the synchronous standby`])
        : unmet(
            [lostWithEpoch > 0, 'nothing was lost: the standby was not behind, so this run shows nothing'],
            [told === stale, `only ${told} of ${stale} stale positions were told that the log is another one`],
          ),
  };
}

/** F7: the primary is killed and its standby takes over. */
export const failoverSynchronous: Fault = {
  id: 'F7-sync',
  title: 'failover to a synchronous standby',
  times: 3,
  needsTools: true,
  run: (workshop) => run(workshop, 'synchronous'),
};

export const failoverAsynchronous: Fault = {
  id: 'F7-async',
  title: 'failover to an asynchronous standby that was behind',
  times: 3,
  needsTools: true,
  run: (workshop) => run(workshop, 'asynchronous'),
};
