import { setTimeout as delay } from 'node:timers/promises';
import type { Subscriber } from '../load/subscriber.js';
import { Operator } from '../rig/operator.js';
import { effectOn, pairedWindows } from '../rig/paired-windows.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';

const QUEUE_BYTES = 1_048_576;
/** What one message is in the queue at most: the payload, its envelope, and the frame's head. */
const MESSAGE_BYTES = 61_440;
const PAYLOAD_BYTES = 60_000;
const CLOSED_MS = 5_000;
/** Kernels take some megabytes before anything waits in the gateway. */
const OVERFLOW_MS = 60_000;
const LOOK_MS = 100;
const SLOWER_SHARE = 0.05;
/** What it may take beside the run without it, in megabytes (10^6): its queue and as much again. */
const GROWTH_MB = 2;
const FLOOD = 'flood.a';
export const CROWD_TOPICS = Array.from({ length: 20 }, (_, index) => `crowd.t${index}`);

/** What became of one reader that stopped. */
interface Stop {
  readonly closedMs: number;
  readonly maxQueued: number;
  readonly code: number | undefined;
}

/** F13: one client of many stops reading; again and again, one at a time. */
export const stoppedReader: Fault = {
  id: 'F13',
  title: 'one reader of many stops reading',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url());
    const operator = new Operator(trial.node);
    await gatherCrowd(trial, workshop.either({ short: 200, long: 1_000 }) - 1);
    await trial.subscribe([FLOOD], 1);
    const [stopped] = await trial.subscribe([FLOOD], 1);
    if (stopped === undefined) throw new Error('there is no reader to stop');
    await trial.publishBySocket({ topics: [FLOOD], pauseMs: 20, payloadBytes: PAYLOAD_BYTES, inFlight: 16, ...NO_OTHERS });
    const others = (subscriber: string): boolean => subscriber !== stopped.name;
    const stops = [await stopOnce(trial, operator, stopped, 'reads on')];
    const sizes = workshop.either({ short: { pairs: 1, windowMs: 3_000 }, long: { pairs: 6, windowMs: 12_000 } });
    const pairs = await pairedWindows(trial, sizes, {
      quiet: (endsAt) => watch(trial, operator, stopped, endsAt),
      faulty: async (endsAt) => {
        do stops.push(await stopOnce(trial, operator, stopped, 'stays'));
        while (trial.journal.now() < endsAt);
      },
    });
    const { quietP99, faultyP99, slower, residentMb } = effectOn(trial, pairs, others);
    const verdict = await trial.finish();
    const othersClosed = trial.journal.records.filter((record) => record.kind === 'closed' && others(record.subscriber)).length;
    const slowest = Math.round(Math.max(...stops.map(({ closedMs }) => closedMs)));
    const deepest = Math.max(...stops.map(({ maxQueued }) => maxQueued));
    const codes = [...new Set(stops.map(({ code }) => code))].join(', ');
    const isLong = workshop.form === 'long';
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'readers that stopped': stops.length,
        'close code': codes,
        'closed after the overflow (ms)': slowest,
        'longest queue (bytes)': deepest,
        "others' p99 without (ms)": quietP99,
        "others' p99 with (ms)": faultyP99,
        "others' p99, slower by (%)": Math.round(slower * 1_000) / 10,
        'memory with it, more by (MB)': residentMb,
      },
      failures: unmet(
        [codes === '4408', `readers that stopped were closed with ${codes}, not with 4408`],
        [slowest <= CLOSED_MS, `a reader that stopped was gone ${slowest} ms after its queue overflowed, not within ${CLOSED_MS}`],
        [deepest <= QUEUE_BYTES + MESSAGE_BYTES, `${deepest} bytes waited for one reader, more than the queue and one message`],
        [othersClosed === 0, `${othersClosed} connections of others were closed`],
        [
          !isLong || slower <= SLOWER_SHARE,
          `others' p99 rose by ${Math.round(slower * 1_000) / 10} %, from ${quietP99} to ${faultyP99} ms`,
        ],
        [!isLong || residentMb < GROWTH_MB, `the gateway took ${residentMb} MB more, not less than ${GROWTH_MB}`],
      ),
    };
  },
};

/** A publisher alone: no subscribers, no second one. */
const NO_OTHERS = { sockets: 1, rests: 0, subscribers: 0 } as const;

/** Many subscribers with a topic each that they share with others, and publishers for all of them. */
export async function gatherCrowd(trial: Trial, count: number): Promise<void> {
  const share = Math.ceil(count / CROWD_TOPICS.length);
  let left = count;
  for (const topic of CROWD_TOPICS) {
    await trial.subscribe([topic], Math.min(share, left));
    left -= Math.min(share, left);
  }
  await trial.start({ topics: CROWD_TOPICS, sockets: 2, rests: 1, subscribers: 2, inFlight: 16, pauseMs: 75 });
}

/** What `stopOnce` asks of the gateway, without the reader that stops. */
async function watch(trial: Trial, operator: Operator, reader: Subscriber, endsAt: number): Promise<void> {
  while (trial.journal.now() < endsAt) {
    await isOverflowed(operator, reader);
    await delay(LOOK_MS);
  }
}

/** The reader stops until its queue overflows. Then it either reads on and is told why it was closed, or stays as it is until it is gone. */
async function stopOnce(trial: Trial, operator: Operator, reader: Subscriber, then: 'reads on' | 'stays'): Promise<Stop> {
  await trial.untilLive();
  const journalled = trial.journal.records.length;
  const closedBefore = await operator.connections('closed', reader.name);
  reader.stopReading();
  const overflowedAt = await operator.until(
    async () => ((await isOverflowed(operator, reader)) ? performance.now() : undefined),
    OVERFLOW_MS,
    'the queue of the reader that stopped overflows',
    LOOK_MS,
  );
  if (then === 'reads on') reader.readOn();
  const gone = await operator.until(
    async () => {
      const closed = await operator.connections('closed', reader.name);
      return closed.length > closedBefore.length ? { view: closed[0], at: performance.now() } : undefined;
    },
    OVERFLOW_MS,
    'the reader that stopped is closed',
    LOOK_MS,
  );
  // Otherwise what waits in the kernel would be read, and the test's own process be busy with it.
  if (then === 'stays') reader.drop();
  await trial.untilLive();
  const seen = trial.journal.records.slice(journalled).find((record) => record.kind === 'closed' && record.subscriber === reader.name);
  const told = seen?.kind === 'closed' ? seen.code : undefined;
  return {
    closedMs: gone.at - overflowedAt,
    maxQueued: gone.view?.max_queued_bytes ?? Infinity,
    // Who reads nothing is told nothing; then it is the code that operators see.
    code: then === 'reads on' ? told : gone.view?.close?.code,
  };
}

async function isOverflowed(operator: Operator, reader: Subscriber): Promise<boolean> {
  const lost = await operator.sum('waybill_dropped_messages_total', 'reason="slow_consumer"');
  const open = await operator.connections('open', reader.name);
  return lost > 0 && !open.some(({ state }) => state === 'open');
}
