import type { Outcome } from '../../messaging/ledger/outcome.js';

/** From what says most for the recipient to what says least. What may have arrived stands before what surely did not. */
const BEST_FIRST: readonly Outcome[] = [
  'acked',
  'written',
  'fetched',
  'queued',
  'pending',
  'unconfirmed',
  'unknown',
  'dropped',
  'not_written',
  'not_subscribed',
];

/** The best of several outcomes of one message for one person; undefined where there is none. */
export function bestOf(outcomes: Iterable<Outcome>): Outcome | undefined {
  const found = new Set(outcomes);
  return BEST_FIRST.find((outcome) => found.has(outcome));
}

/** Orders by outcome, the best first. */
export function byOutcome(left: Outcome, right: Outcome): number {
  return BEST_FIRST.indexOf(left) - BEST_FIRST.indexOf(right);
}

/** Whether the outcome says that the message left this service towards the recipient. */
export function isGiven(outcome: Outcome): boolean {
  return outcome === 'acked' || outcome === 'written' || outcome === 'fetched';
}
