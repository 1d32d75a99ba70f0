import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandClient } from '../load/command-client.js';
import { tokenFor } from '../rig/credentials.js';
import { Operator } from '../rig/operator.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

const DESCRIPTORS = 256;
/** Twice as many as there are descriptors. */
const INTRUDERS = 2 * DESCRIPTORS;
/** Half of one core, the load of the run included: a loop that spins takes all of one. */
const MOST_CPU = 0.5;
const RECOVERED_MS = 5_000;
const POLL_MS = 50;
const CONNECT_MS = 3_000;

/** F24: more clients than the gateway may open descriptors; those that are there stay, and newcomers are told. */
export const descriptorsExhausted: Fault = {
  id: 'F24',
  title: 'no descriptors left (ulimit -n)',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url(), { descriptors: DESCRIPTORS, env: { WAYBILL_DB_IDLE_MS: '1000' } });
    const operator = new Operator(trial.node);
    await trial.start({ topics: TOPICS, sockets: 2, rests: 1, subscribers: 8, inFlight: 8, pauseMs: 40 });
    await trial.untilAcked(50);
    const warned = trial.node.output.includes('which leaves room for');
    const upgraded = await fillWithSockets(trial);
    workshop.onEnd(() => upgraded.clients.forEach((client) => client.end()));
    // Beyond the room for sockets: connections that ask for nothing yet, which nobody can be told anything.
    const idle = await fillWithIdle(trial);
    workshop.onEnd(() => idle.forEach((socket) => socket.destroy()));
    const full = await operator.sum('process_open_fds');
    const cpuBefore = await operator.sum('process_cpu_seconds_total');
    const acked = trial.journal.acked;
    const heldMs = workshop.either({ short: 3_000, long: 15_000 });
    await delay(heldMs);
    const cpu = ((await operator.sum('process_cpu_seconds_total')) - cpuBefore) / (heldMs / 1_000);
    const ackedMeanwhile = trial.journal.acked - acked;
    for (const socket of idle) socket.destroy();
    for (const client of upgraded.clients) client.end();
    const freedAt = performance.now();
    const recoveredMs = await untilAccepted(trial, freedAt);
    await trial.untilAcked(50);
    const closed =
      trial.journal.records.filter(({ kind }) => kind === 'closed').length + trial.sockets.flatMap(({ closes }) => closes).length;
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'descriptors allowed': DESCRIPTORS,
        'open at most': full,
        'sockets accepted': upgraded.clients.length,
        'refused with 503': upgraded.refused,
        'cut off': upgraded.cut,
        'CPU meanwhile (%)': Math.round(cpu * 100),
        'acknowledged meanwhile': ackedMeanwhile,
        'accepts again after (ms)': Math.round(recoveredMs),
      },
      failures: unmet(
        [trial.node.isRunning, 'the gateway ended'],
        [warned, 'no line of the log said that descriptors limit the connections'],
        [upgraded.refused > 0, 'no newcomer was refused with 503'],
        [full < DESCRIPTORS, `${full} of ${DESCRIPTORS} descriptors were open: nothing is left for the database and the log`],
        [ackedMeanwhile > 0, 'nothing was acknowledged while there was no room'],
        [closed === 0, `${closed} connections of clients that were there before were closed`],
        [cpu <= MOST_CPU, `the gateway took ${Math.round(cpu * 100)} % of a core while there was no room`],
        [
          recoveredMs <= RECOVERED_MS,
          `a newcomer was accepted ${Math.round(recoveredMs)} ms after there was room, not within ${RECOVERED_MS}`,
        ],
      ),
    };
  },
};

interface Intrusion {
  readonly clients: readonly CommandClient[];
  readonly refused: number;
  /** Neither accepted nor told. */
  readonly cut: number;
}

async function fillWithSockets(trial: Trial): Promise<Intrusion> {
  const clients: CommandClient[] = [];
  let [refused, cut] = [0, 0];
  for (let index = 0; index < INTRUDERS; index += 1) {
    try {
      clients.push(await CommandClient.connect(trial.socketUrl, await tokenFor(`intruder-${index}`)));
    } catch (error) {
      if (String(error).includes('503')) refused += 1;
      else cut += 1;
    }
  }
  return { clients, refused, cut };
}

async function fillWithIdle(trial: Trial): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: INTRUDERS }, () =>
    connect({ port: trial.node.port, host: '127.0.0.1' }).on('error', () => undefined),
  );
  await delay(CONNECT_MS / 3);
  return sockets;
}

/** Milliseconds from a moment to the first newcomer that is accepted. */
async function untilAccepted(trial: Trial, since: number): Promise<number> {
  const token = await tokenFor('newcomer');
  const deadline = Date.now() + 10 * RECOVERED_MS;
  while (Date.now() < deadline) {
    try {
      (await CommandClient.connect(trial.socketUrl, token)).end();
      return performance.now() - since;
    } catch {
      await delay(POLL_MS);
    }
  }
  return Infinity;
}
