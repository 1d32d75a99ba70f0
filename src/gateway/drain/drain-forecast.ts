import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { DrainForecast, DrainLoss, DrainPlan } from '../../messaging/node-drain.js';

/** Clients that are named; of more, the connections are summed. */
const MOST_CLIENTS = 20;

/** What is known of those who would have to go. */
export interface Leaving {
  readonly connections: readonly ConnectionView[];
  readonly operators: number;
  readonly publishesUnderWay: number;
  /** Whether messages of a topic are kept in the memory of this node alone. */
  readonly isEphemeral: (topic: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a drain would do, from who is there now. Pure. */
export function forecastOf(plan: DrainPlan, leaving: Leaving): DrainForecast {
  const { connections, operators, publishesUnderWay } = leaving;
  const overS = plan.overMs / 1_000;
  const deadlineS = plan.deadlineMs / 1_000;
  const clients = countedByClient(connections);
  const named = clients.slice(0, MOST_CLIENTS);
  return {
    over_s: overS,
    deadline_s: deadlineS,
    takes_s: connections.length === 0 ? 0 : Math.min(overS + 1, deadlineS),
    connections: connections.length,
    event_streams: connections.filter(({ protocol }) => protocol === 'sse').length,
    operators,
    closes_per_s: Math.ceil(connections.length / Math.max(overS, 1)),
    by_client: named,
    by_other_clients: clients.slice(MOST_CLIENTS).reduce((sum, { connections: count }) => sum + count, 0),
    publishes_under_way: publishesUnderWay,
    losses: lossesOf(plan, leaving),
  };
}

function countedByClient(connections: readonly ConnectionView[]): DrainForecast['by_client'] {
  const counts = new Map<string | null, number>();
  for (const { client = null } of connections) counts.set(client, (counts.get(client) ?? 0) + 1);
  return [...counts]
    .map(([client, count]) => ({ client, connections: count }))
    .toSorted((left, right) => right.connections - left.connections || ((left.client ?? '') < (right.client ?? '') ? -1 : 1));
}

function lossesOf(plan: DrainPlan, { connections, isEphemeral, now }: Leaving): readonly DrainLoss[] {
  const end = now + plan.deadlineMs;
  const losing: readonly (readonly [DrainLoss['what'], (view: ConnectionView) => boolean, string])[] = [
    [
      'ephemeral',
      ({ topics }) => topics.some(isEphemeral),
      'subscribed to topics that are kept in memory alone: what is published there while they move is not made up for',
    ],
    ['slow', ({ queued_bytes: bytes }) => bytes > 0, 'have not taken what was sent: they are the ones that may be cut off at the deadline'],
    [
      'token_ends',
      ({ expires_at: expiresAt }) => expiresAt !== undefined && expiresAt <= end,
      'hold a token that ends before the drain does: they need a new one to come back',
    ],
    ['unauthenticated', ({ state }) => state === 'authenticating', 'have not said who they are: they begin anew elsewhere'],
  ];
  return losing.flatMap(([what, test, says]) => {
    const count = connections.filter(test).length;
    return count === 0 ? [] : [{ what, connections: count, says }];
  });
}
