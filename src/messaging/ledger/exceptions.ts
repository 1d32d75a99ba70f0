import type { Exception, ExceptionReason } from './receipt.js';

/** An exception while its receipt is open; it grows while messages follow one another. */
export interface GrowingException {
  from: number;
  to: number;
  reason: ExceptionReason;
}

/** Exceptions kept of one receipt; beyond it neighbours are joined, and say `unknown`. */
const MOST_EXCEPTIONS = 64;

/** Notes that messages `from` to `to` will not reach the subscriber. The list stays in order, and its ranges apart. */
export function noteException(exceptions: GrowingException[], { from, to, reason }: Exception): void {
  let index = exceptions.length;
  while (index > 0 && (exceptions[index - 1] as GrowingException).from > from) index -= 1;
  const before = exceptions[index - 1];
  // Said already: the first reason stays.
  const first = before === undefined ? from : Math.max(from, before.to + 1);
  const after = exceptions[index];
  const last = after === undefined ? to : Math.min(to, after.from - 1);
  if (after !== undefined && to > after.to) noteException(exceptions, { from: after.to + 1, to, reason });
  if (first > last) return;
  if (before?.to === first - 1 && before.reason === reason) before.to = last;
  else if (after?.from === last + 1 && after.reason === reason) after.from = first;
  else if (exceptions.length < MOST_EXCEPTIONS) exceptions.splice(index, 0, { from: first, to: last, reason });
  else if (before !== undefined) {
    before.to = last;
    before.reason = 'unknown';
  } else if (after !== undefined) {
    after.from = first;
    after.reason = 'unknown';
  }
}
