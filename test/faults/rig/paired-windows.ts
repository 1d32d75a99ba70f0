import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../../../bench/rig/median.js';
import { deliveryP99, type Stretch } from './delivery-times.js';
import { residentBytes } from './processes.js';
import type { Trial } from './trial.js';

const SAMPLE_MS = 100;
/** After a window, so that what it left behind is not the next one's. */
const REST_MS = 500;

interface Window extends Stretch {
  /** Resident memory of the gateway: the middle one of many looks, in bytes. */
  readonly resident: number;
}

/** One stretch without the fault and one with it, next to each other. */
export interface WindowPair {
  readonly quiet: Window;
  readonly faulty: Window;
}

/** What the fault did to others, as the middle one of the pairs: a machine that drifts moves both windows of a pair. */
export interface Effect {
  /** 99th percentile of deliveries to others without the fault, and with it, in milliseconds. */
  readonly quietP99: number;
  readonly faultyP99: number;
  /** By how much the second is above the first, as a share; negative: below. */
  readonly slower: number;
  /** Resident memory of the gateway with the fault above that without it, in megabytes (10^6). */
  readonly residentMb: number;
}

/** What goes on in a window until the time it is given. What the test itself asks of the gateway must be the same in both kinds. */
export interface WindowKinds {
  readonly quiet: (endsAt: number) => Promise<void>;
  readonly faulty: (endsAt: number) => Promise<void>;
}

/** Runs stretches without and with a fault by turns, the order within a pair changing. */
export async function pairedWindows(
  trial: Trial,
  { pairs, windowMs }: { readonly pairs: number; readonly windowMs: number },
  kinds: WindowKinds,
): Promise<readonly WindowPair[]> {
  const quiet = (): Promise<Window> => window(trial, windowMs, kinds.quiet);
  const faulty = (): Promise<Window> => window(trial, windowMs, kinds.faulty);
  const measured: WindowPair[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    if (pair % 2 === 0) measured.push({ quiet: await quiet(), faulty: await faulty() });
    else {
      const first = await faulty();
      measured.push({ quiet: await quiet(), faulty: first });
    }
  }
  return measured;
}

export function effectOn(trial: Trial, pairs: readonly WindowPair[], counts: (subscriber: string) => boolean): Effect {
  const p99s = pairs.map(({ quiet, faulty }) => ({
    quiet: deliveryP99(trial.journal, quiet, counts),
    faulty: deliveryP99(trial.journal, faulty, counts),
  }));
  return {
    quietP99: rounded(median(p99s.map(({ quiet }) => quiet))),
    faultyP99: rounded(median(p99s.map(({ faulty }) => faulty))),
    slower: rounded(median(p99s.map(({ quiet, faulty }) => faulty / quiet - 1)), 3),
    residentMb: rounded(median(pairs.map(({ quiet, faulty }) => (faulty.resident - quiet.resident) / 1e6))),
  };
}

async function window(trial: Trial, windowMs: number, during: (endsAt: number) => Promise<void>): Promise<Window> {
  const samples: number[] = [];
  const from = trial.journal.now();
  const timer = setInterval(() => samples.push(residentBytes(trial.node.pid)), SAMPLE_MS);
  try {
    await during(from + windowMs);
  } finally {
    clearInterval(timer);
  }
  const to = trial.journal.now();
  await delay(REST_MS);
  return { from, to, resident: median(samples) };
}

function rounded(value: number, places = 1): number {
  return Number(value.toFixed(places));
}
