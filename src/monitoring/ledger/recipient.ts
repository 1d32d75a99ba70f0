import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { FoundReceipt } from '../../messaging/ledger/ledger-reader.js';
import type { Fetch } from '../../messaging/ledger/ledger.js';
import { type Outcome, outcomeOf } from '../../messaging/ledger/outcome.js';
import { byOutcome, isGiven } from './best-outcome.js';
import { type SpanFacts, writtenBetween } from './written-between.js';

/** One line of a waybill: what became of the message at one connection of one user. Times are milliseconds since the epoch. */
export interface RecipientView {
  readonly user: string;
  /** Absent where there was none: `not_subscribed`, or `fetched` by REST. */
  readonly connection_id?: string;
  readonly ref?: string;
  readonly node?: string;
  readonly address?: string;
  readonly client?: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** Whether it came as it was published, or from history when the subscription began. */
  readonly how?: 'live' | 'recovered';
  /** The kernel took it at some moment between the two. */
  readonly written_between?: readonly [number, number];
  /** Until when the client had acknowledged it, with others after it perhaps; by the clock of its node. */
  readonly acked_by?: number;
  /** When history answered with it. */
  readonly fetched_at?: number;
  readonly opened_at?: number;
  /** Absent while the subscription is open. */
  readonly closed_at?: number;
}

export interface RecipientContext extends SpanFacts {
  readonly connections: ReadonlyMap<string, ConnectionView>;
}

export function recipientOf(found: FoundReceipt, context: RecipientContext): RecipientView {
  const { receipt, node } = found;
  const { seq, connections } = context;
  const view = connections.get(receipt.connection);
  const { outcome, reason } = outcomeOf(receipt, found.state, seq);
  return {
    user: receipt.user,
    connection_id: receipt.connection,
    ...(view === undefined ? {} : { ref: view.ref }),
    node,
    ...(view === undefined ? {} : { address: view.address }),
    ...(view?.client === undefined ? {} : { client: view.client }),
    outcome,
    ...(reason === undefined ? {} : { reason }),
    how: seq <= receipt.recoveredTo ? 'recovered' : 'live',
    ...(isGiven(outcome) ? { written_between: writtenBetween(found, context) } : {}),
    ...(outcome === 'acked' && receipt.ackedAt !== undefined ? { acked_by: receipt.ackedAt } : {}),
    opened_at: receipt.openedAt,
    ...(receipt.closedAt === undefined ? {} : { closed_at: receipt.closedAt }),
  };
}

/** Somebody who read the message from history. */
export function fetcherOf({ user, connection, at }: Fetch, connections: ReadonlyMap<string, ConnectionView>): RecipientView {
  const view = connection === undefined ? undefined : connections.get(connection);
  return {
    user,
    ...(connection === undefined ? {} : { connection_id: connection }),
    ...(view === undefined ? {} : { ref: view.ref, node: view.node, address: view.address }),
    outcome: 'fetched',
    fetched_at: at,
  };
}

/** A connection that subscribed again has several receipts: it stands there once, with the best of them. */
export function oncePerConnection(recipients: readonly RecipientView[]): readonly RecipientView[] {
  const best = new Map<string, RecipientView>();
  for (const recipient of recipients) {
    const key = `${recipient.user} ${recipient.connection_id ?? ''}`;
    const other = best.get(key);
    const better = other === undefined || byOutcome(recipient.outcome, other.outcome) < 0;
    best.set(key, since(better ? recipient : other, better ? other : recipient));
  }
  return [...best.values()];
}

/** Who was given a message twice had it since the first time. */
function since(recipient: RecipientView, other: RecipientView | undefined): RecipientView {
  const [own, others] = [recipient.written_between, other?.written_between];
  if (own === undefined || others === undefined || own[0] <= others[0]) return recipient;
  return { ...recipient, written_between: [others[0], own[1]] };
}
