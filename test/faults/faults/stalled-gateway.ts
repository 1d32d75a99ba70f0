import { setTimeout as delay } from 'node:timers/promises';
import { Operator } from '../rig/operator.js';
import { type StallKind, Staller } from '../rig/stall.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { gatherCrowd } from './stopped-reader.js';

/** Shorter than every stall, so that pings are under way and overdue whenever one begins. */
const HEARTBEAT = { WAYBILL_PING_INTERVAL_MS: '2000', WAYBILL_PONG_TIMEOUT_MS: '2000' };
/** After a stall, until every ping that was under way in it has been judged. */
const JUDGED_MS = 6_000;
const SEEN_MS = 10_000;
const LAG_SHARE = 0.9;
/** So large that a stall finds some of them half read. */
const LARGE = { topics: ['stalled.large'], payloadBytes: 60_000, inFlight: 16, pauseMs: 20, sockets: 2, rests: 0, subscribers: 1 };

interface Stall {
  readonly kind: StallKind;
  readonly ms: number;
}

/** What operators saw of one stall. */
interface Seen extends Stall {
  readonly lagSeconds: number;
  readonly degraded: boolean;
}

/** F18: the gateway stands still for longer than a pong may take. */
export const stalledGateway: Fault = {
  id: 'F18',
  title: 'gateway stands still: a busy event loop, SIGSTOP',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const staller = new Staller();
    workshop.onEnd(() => staller.remove());
    const trial = await workshop.trial(postgres.url(), { env: { ...HEARTBEAT, ...staller.env } });
    const operator = new Operator(trial.node);
    const count = workshop.either({ short: 200, long: 1_000 });
    await gatherCrowd(trial, count);
    await trial.start(LARGE);
    await trial.untilAcked(200);
    const stalls: readonly Stall[] = workshop.either({
      short: [
        { kind: 'loop', ms: 3_000 },
        { kind: 'process', ms: 3_000 },
      ],
      long: [
        { kind: 'loop', ms: 3_000 },
        { kind: 'loop', ms: 35_000 },
        { kind: 'process', ms: 35_000 },
      ],
    });
    const seen: Seen[] = [];
    for (const stall of stalls) {
      // Scraped before, so that the longest lag of the next scrape is the stall's.
      await operator.metrics();
      await delay(workshop.random.between(500, 2_500));
      await staller.stall(trial.node.pid, stall.kind, stall.ms);
      seen.push({ ...stall, ...(await look(operator)) });
      await delay(JUDGED_MS);
      await trial.untilAcked(100);
    }
    const [pings, noPong] = [
      await operator.sum('waybill_ping_rtt_seconds_count'),
      await operator.sum('waybill_connections_closed_total', 'reason="no pong"'),
    ];
    const disconnects = disconnectsOf(trial);
    const verdict = await trial.finish();
    const shown = seen.map(({ kind, ms, lagSeconds }) => `${kind} ${ms / 1_000} s: ${lagSeconds.toFixed(1)} s`).join(', ');
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { clients: count + 3, 'pings answered': pings, 'false disconnects': disconnects.length, 'lag metric': shown },
      failures: [
        ...unmet(
          [disconnects.length === 0, `${disconnects.length} healthy clients were disconnected: ${[...new Set(disconnects)].join(', ')}`],
          [noPong === 0, `${noPong} connections were closed for a missing pong`],
          [pings >= count, `only ${pings} pings were answered by ${count} clients`],
        ),
        ...seen.flatMap(({ kind, ms, lagSeconds, degraded }) =>
          unmet(
            [lagSeconds * 1_000 >= ms * LAG_SHARE, `the lag metric showed ${lagSeconds} s after the ${kind} stood still for ${ms} ms`],
            [degraded, `/readyz did not call the event loop degraded after the ${kind} stood still for ${ms} ms`],
          ),
        ),
      ],
    };
  },
};

async function look(operator: Operator): Promise<Pick<Seen, 'lagSeconds' | 'degraded'>> {
  const lagSeconds = await operator.sum('nodejs_eventloop_lag_max_seconds');
  const degraded = await operator
    .until(async () => ((await operator.readiness()).parts['event_loop']?.state === 'degraded' ? true : undefined), SEEN_MS, 'degraded')
    .catch(() => false);
  return { lagSeconds, degraded };
}

/** Close codes that subscribers and publishers saw. */
function disconnectsOf(trial: Trial): readonly number[] {
  const subscribers = trial.journal.records.flatMap((record) => (record.kind === 'closed' ? [record.code] : []));
  return [...subscribers, ...trial.sockets.flatMap(({ closes }) => closes)];
}
