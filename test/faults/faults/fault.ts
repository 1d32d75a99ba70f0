import { type Verdict, brokenRules } from '../checker/check.js';
import { Random } from '../rig/random.js';
import type { Trial } from '../rig/trial.js';
import { type Form, Workshop } from '../rig/workshop.js';

/** What a run showed. */
export type FaultOutcome =
  | {
      readonly kind: 'run';
      readonly trial: Trial;
      readonly verdict: Verdict;
      /** Figures of this fault, by name with unit, in the order of the table. */
      readonly figures: Readonly<Record<string, number | string>>;
      /** Sentences: what is not as it must be, beside L1 to L9. */
      readonly failures: readonly string[];
    }
  /** It cannot be run here; `reason` says what is missing. That is no success. */
  | { readonly kind: 'left-out'; readonly reason: string };

export interface Fault {
  readonly id: string;
  readonly title: string;
  /** How often the long form repeats it. */
  readonly times: number;
  /** Needs Debian's PostgreSQL: the embedded one has no tools for standbys and backups. */
  readonly needsTools?: true;
  run(workshop: Workshop): Promise<FaultOutcome>;
}

export interface FaultReport {
  readonly fault: Fault;
  readonly seed: number;
  readonly outcome: FaultOutcome;
  /** Everything that is wrong; empty where the fault was run and all held. */
  readonly failures: readonly string[];
}

/** Runs a fault once and ends everything it began. Throws only where the rig itself failed. */
export async function runFault(fault: Fault, form: Form, seed: number): Promise<FaultReport> {
  const workshop = new Workshop(fault.id, form, new Random(seed));
  try {
    const outcome = await fault.run(workshop);
    if (outcome.kind === 'left-out') return { fault, seed, outcome, failures: [`left out: ${outcome.reason}`] };
    const { trial, verdict, failures } = outcome;
    const broken = brokenRules(verdict).length > 0 ? [trial.explain(verdict)] : [];
    return { fault, seed, outcome, failures: [...failures, ...broken] };
  } finally {
    await workshop.close();
  }
}

/** The sentences of the claims that are not so. */
export function unmet(...claims: readonly (readonly [claim: boolean, otherwise: string])[]): readonly string[] {
  return claims.filter(([claim]) => !claim).map(([, otherwise]) => otherwise);
}
