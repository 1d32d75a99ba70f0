import { setTimeout as delay } from 'node:timers/promises';
import { CREDENTIALS, tokenFor } from '../faults/rig/credentials.js';
import { guardian } from '../faults/rig/guardian.js';
import { Random } from '../faults/rig/random.js';
import { Program } from '../support/program.js';
import { type Balance, GatewayWatch, type Sample, WATCHED } from './gateway-watch.js';
import { publishOverRest, readEvents } from './http-clients.js';
import { growthAfterSettling } from './slope.js';
import { stopReading } from './slow-readers.js';
import { SocketClient, type Tally } from './socket-client.js';

const TOPICS = Array.from({ length: 30 }, (_, index) => `soak.t${index}`);
const SAMPLE_MS = 10_000;
/** Until the gateway has noticed that clients left without a word, and Node has closed idle connections. */
const QUIET_MS = 20_000;
const POLL_MS = 250;
/** What stays open for good reason: the rest of the database pool, and idle HTTP connections, which are kept for a minute. */
const MORE_DESCRIPTORS = 32;

/** By how much memory may rise over the last two thirds of a long soak, as a share of its mean there. */
export const MOST_GROWTH = { heap: 0.05, resident: 0.1 } as const;

export interface SoakOptions {
  readonly durationMs: number;
  /** Sockets that come and go; a tenth as many event streams and slow readers come with them. */
  readonly sockets: number;
  readonly seed: number;
  /** Told of each look. */
  readonly onSample?: (sample: Sample) => void;
}

export interface SoakReport {
  readonly options: SoakOptions;
  readonly tally: Tally;
  readonly samples: readonly Sample[];
  readonly descriptors: { readonly before: number; readonly after: number };
  readonly balance: Balance;
  readonly growth: { readonly heap: number; readonly resident: number };
  /** CPU time of the gateway as a share of one core. */
  readonly cpuShare: number;
  /** Sentences: what is not as it must be. Growth is judged by whoever knows that the soak was long enough. */
  readonly failures: readonly string[];
}

/** Clients come and go at the built gateway with its embedded database for a time; then all leave, and nothing of them may remain. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const node = await Program.start({ env: { ...CREDENTIALS, ...WATCHED, WAYBILL_LOG_LEVEL: 'warn' } });
  try {
    guardian.watch(node.pid);
    return await soakOn(node, options);
  } finally {
    await node.dispose();
  }
}

async function soakOn(node: Program, options: SoakOptions): Promise<SoakReport> {
  const watch = new GatewayWatch(node);
  const tally: Tally = { lives: 0, published: 0, delivered: 0, recovered: 0, holes: 0 };
  const descriptorsBefore = watch.descriptors;
  const cpuBefore = await watch.operator.sum('process_cpu_seconds_total');
  const began = performance.now();
  const ending = new AbortController();
  const clients = Promise.all(await start(node, options, tally, ending.signal));
  const samples: Sample[] = [];
  const failed = clients.then(() => undefined);
  while (performance.now() - began < options.durationMs) {
    const left = options.durationMs - (performance.now() - began);
    // A client that fails by a defect of the test ends the soak at once.
    await Promise.race([failed, delay(Math.min(SAMPLE_MS, left))]);
    const sample = await watch.sample();
    samples.push(sample);
    options.onSample?.(sample);
  }
  ending.abort();
  await clients;
  const cpuSeconds = (await watch.operator.sum('process_cpu_seconds_total')) - cpuBefore;
  const leftovers = await untilNothingIsLeft(watch);
  const balance = await watch.balance();
  const descriptors = { before: descriptorsBefore, after: watch.descriptors };
  const failures = [
    ...leftovers.map((leftover) => `${leftover} after everybody left`),
    ...(balance.missing === 0 ? [] : [`${balance.missing} of ${balance.matched} matched deliveries have no outcome`]),
    ...(balance.matched > 0 ? [] : ['nothing was delivered']),
    ...(tally.holes === 0 ? [] : [`clients saw ${tally.holes} messages missing without a word`]),
    ...(descriptors.after <= descriptors.before + MORE_DESCRIPTORS
      ? []
      : [`${descriptors.after} descriptors are open at the end, ${descriptors.before} were at the beginning`]),
  ];
  const growth = {
    heap: growthAfterSettling(samples.map(({ at, heapMb }) => ({ at, value: heapMb }))),
    resident: growthAfterSettling(samples.map(({ at, residentMb }) => ({ at, value: residentMb }))),
  };
  return { options, tally, samples, descriptors, balance, growth, cpuShare: (cpuSeconds * 1_000) / (performance.now() - began), failures };
}

async function start(node: Program, { sockets, seed }: SoakOptions, tally: Tally, signal: AbortSignal): Promise<readonly Promise<void>[]> {
  const random = new Random(seed);
  const url = `http://127.0.0.1:${node.port}`;
  const tenth = Math.max(1, Math.round(sockets / 10));
  const running: Promise<void>[] = [];
  for (let index = 0; index < sockets; index += 1) {
    const client = new SocketClient(`ws://127.0.0.1:${node.port}/ws`, await tokenFor(`socket-${index}`), TOPICS, random.branch(), tally);
    running.push(client.run(signal));
  }
  for (let index = 0; index < tenth; index += 1) {
    running.push(readEvents(url, await tokenFor(`stream-${index}`), TOPICS, random.branch(), tally, signal));
    if (index % 3 === 0) running.push(stopReading(node.port, await tokenFor(`slow-${index}`), random.branch(), tally, signal));
  }
  for (let index = 0; index < 2; index += 1) {
    running.push(publishOverRest(url, await tokenFor(`rest-${index}`), TOPICS, random.branch(), tally, signal));
  }
  return running;
}

/** Answers what is left all the same. */
async function untilNothingIsLeft(watch: GatewayWatch): Promise<readonly string[]> {
  const deadline = Date.now() + QUIET_MS;
  for (;;) {
    const leftovers = await watch.leftovers();
    if (leftovers.length === 0 || Date.now() > deadline) return leftovers;
    await delay(POLL_MS);
  }
}
