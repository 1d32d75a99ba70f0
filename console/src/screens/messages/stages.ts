import type { NodeShare, Origin, Span, Waybill } from './waybill-answer.ts';

/** How long one part of the way took, as far as it is known. Milliseconds. */
export type Leg =
  { readonly kind: 'exact'; readonly ms: number } | { readonly kind: 'atMost'; readonly ms: number } | { readonly kind: 'unknown' };

/** Marks of a node grow sparse with time: a span wider than this says that it was done, and no longer when. */
const TELLING_MS = 60_000;

/** Whether a span of time says when something was done. */
export function tells([from, to]: Span): boolean {
  return to - from < TELLING_MS;
}

/** From the accepted message to the stored one. */
export function storing(origin: Origin | null): Leg {
  if (origin?.stored_at === undefined) return { kind: 'unknown' };
  // The clocks of a gateway and of its database are two: what comes out below nothing is within their difference.
  return { kind: 'exact', ms: Math.max(0, origin.stored_at - origin.accepted_at) };
}

/** From the accepted message to the last node that handed it out. */
export function fanOut(origin: Origin | null, nodes: readonly NodeShare[]): Leg {
  const ends = nodes.flatMap(({ flushed_between: span }) => (span === undefined || !tells(span) ? [] : [span[1]]));
  if (origin === null || ends.length === 0) return { kind: 'unknown' };
  return { kind: 'atMost', ms: Math.max(0, Math.max(...ends) - origin.accepted_at) };
}

/** Nodes that had something to do with the message; where none had, all that are known. */
export function nodesOf({ nodes }: Waybill): readonly NodeShare[] {
  const involved = nodes.filter(({ receipts, flushed_between: span }) => (receipts ?? 0) > 0 || span !== undefined);
  return involved.length > 0 ? involved : nodes;
}

/** A node's part in the words of an operator. */
export function nodeWords({ reached, state, flushed_between: span, seq }: NodeShare): string {
  if (state === 'lost' && !reached) return `lost after position ${seq}`;
  if (!reached) return state === 'ended' ? `ended at position ${seq}` : `at position ${seq}, not there yet`;
  if (span === undefined) return 'came later; nobody live';
  return 'handed out';
}

export const DOORS: Readonly<Record<string, string>> = {
  socket: 'over a socket',
  rest: 'by REST',
  sql: 'by SQL, inside a transaction',
};
