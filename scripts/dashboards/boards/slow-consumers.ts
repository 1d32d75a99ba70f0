import { type Board, series, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { max, orZero, own, quantile, rate, share, sum } from '../query.ts';

const FOR_BEING_SLOW = 'reason=~"slow consumer|write stalled"';

export const SLOW_CONSUMERS: Board = {
  name: 'waybill-slow-consumers',
  title: 'Slow consumers',
  description:
    'Who does not take what is sent as fast as it comes, and what that costs. docs/slow-consumers.md has the budgets and the policies.',
  namespaces: true,
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Slow now',
          says: 'Connections that have something waiting now.',
          action: 'A few are ordinary. Many are a network or a too busy topic: `waybill slow` names them, `waybill top` the topics.',
          unit: 'short',
          past: true,
          w: 4,
          queries: [{ expr: orZero(sum(own('waybill_slow_connections'))), legend: 'slow' }],
        }),
        tile({
          title: 'Share that is slow',
          says: 'Slow connections as a share of the open ones, on the worst node.',
          action: 'More than some in a hundred is no matter of single clients: look at the network of the host, then at what is published.',
          unit: 'percentunit',
          w: 4,
          nothing: 'nobody here',
          limit: LIMITS.slowShare,
          queries: [
            {
              expr: `max(${share(sum(own('waybill_slow_connections'), 'instance'), sum(own('waybill_connections'), 'instance'))})`,
              legend: 'slow',
            },
          ],
        }),
        tile({
          title: 'Bytes that wait',
          says: 'Bytes that wait in the process behind slow sockets, on the worst node; the node’s budget ends it (WAYBILL_NODE_QUEUE_BYTES, 256 MiB).',
          action:
            'Growing without an end: close the worst (`waybill slow`), or change the policy of the namespace to drop_oldest or keep_latest.',
          unit: 'bytes',
          past: true,
          w: 4,
          limit: LIMITS.sendQueueBytes,
          queries: [{ expr: orZero(max(own('waybill_send_queue_bytes'))), legend: 'waiting' }],
        }),
        tile({
          title: 'Worst connection',
          says: 'Bytes that wait for the worst connection of all nodes. At WAYBILL_QUEUE_BYTES (1 MiB) the policy of the namespace acts.',
          action: 'Find it with `waybill slow`; `waybill connection <ref>` tells its story. If its client is right, raise the option.',
          unit: 'bytes',
          w: 4,
          queries: [{ expr: `max(${own('waybill_send_queue_max_bytes')})`, legend: 'worst' }],
        }),
        tile({
          title: 'Oldest byte',
          says: 'How long the oldest byte has waited. At WAYBILL_WRITE_STALL_MS (10 s) its connection is closed with 4450.',
          action:
            'Above the line connections are not closed as they should be, or nearly: `waybill slow`, then the event loop in Waybill / Node runtime.',
          unit: 's',
          w: 4,
          limit: LIMITS.sendQueueOldest,
          queries: [{ expr: `max(${own('waybill_send_queue_oldest_seconds')})`, legend: 'oldest' }],
        }),
        tile({
          title: 'Closed for it',
          says: 'Connections closed within ten minutes because they were too slow (4408) or stood still (4450), on the worst node.',
          action:
            'They come back and recover. If the same ones do again and again, their clients cannot keep up: give them fewer topics, or keep_latest.',
          unit: 'short',
          decimals: 0,
          w: 4,
          limit: LIMITS.slowClosed,
          queries: [
            {
              expr: `max(${sum(`increase(${own('waybill_connections_closed_total', FOR_BEING_SLOW)}[10m])`, 'instance')})`,
              legend: 'closed',
            },
          ],
        }),
        series({
          title: 'Slow connections by node',
          says: 'Connections with something waiting, on each node.',
          action: 'One node alone: its network, or its event loop. All at once: a burst of publishes, or a network between.',
          unit: 'short',
          queries: [{ expr: own('waybill_slow_connections'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Bytes that wait by node',
          says: 'Sum of what waits on each node, and the worst connection of all.',
          action: 'If the worst is nearly the sum, it is one client. If not, it is many: think of the network and of the topic.',
          unit: 'bytes',
          queries: [
            { expr: own('waybill_send_queue_bytes'), legend: '{{instance}}' },
            { expr: `max(${own('waybill_send_queue_max_bytes')})`, legend: 'worst connection' },
          ],
        }),
        series({
          title: 'Oldest byte by node',
          says: 'How long the oldest waiting byte has waited on each node.',
          action: 'A saw-tooth up to 10 s is clients that stand still and are closed, as it should be.',
          unit: 's',
          limit: LIMITS.sendQueueOldest,
          queries: [{ expr: max(own('waybill_send_queue_oldest_seconds'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Deliveries that wait',
          says: 'Pairs of message and connection that wait behind a slow socket, by namespace.',
          action: 'The namespace says which policy acts: `waybill settings show`, or WAYBILL_NAMESPACES, `slow`.',
          unit: 'short',
          stacked: true,
          queries: [{ expr: sum(own('waybill_deliveries_queued', 'namespace=~"$namespace"'), 'namespace'), legend: '{{namespace}}' }],
        }),
      ],
    },
    {
      title: 'What it costs',
      panels: [
        series({
          title: 'Closed for being slow',
          says: 'Connections closed by the policy "disconnect" or the node’s budget (slow consumer), and such that stood still (write stalled).',
          action: 'Each comes back and recovers; that is load on the database. Think of drop_oldest or keep_latest for feeds and states.',
          unit: 'cps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_connections_closed_total', FOR_BEING_SLOW), 'reason'), legend: '{{reason}}' }],
        }),
        series({
          title: 'Dropped by policy',
          says: 'Messages dropped for slow clients by the policies drop_oldest and keep_latest.',
          action: 'It is what these policies are for. If these messages must be complete, the namespace wants "disconnect".',
          unit: 'mps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_dropped_messages_total', 'reason="slow_consumer"')), legend: 'dropped' }],
        }),
        series({
          title: 'Gaps told',
          says: 'Gaps that slow clients were told of; each covers one or more messages.',
          action: 'Clients of durable topics can read what they missed from history: see that they do.',
          unit: 'cps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_gaps_total', 'reason="slow_consumer",side="client"')), legend: 'gaps' }],
        }),
      ],
    },
    {
      title: 'Is it the network',
      panels: [
        series({
          title: 'Ping round trip',
          says: 'Round trips of pings to clients: the network and the client together.',
          action: 'If p50 rises with the number of slow clients it is the network; if only p99 does, it is these clients.',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'waybill_ping_rtt_seconds'), legend: 'p50' },
            { expr: quantile(0.99, 'waybill_ping_rtt_seconds'), legend: 'p99' },
          ],
        }),
        series({
          title: 'Bytes sent',
          says: 'Bytes that each node hands to its sockets in a second.',
          action: 'A flat top is the limit of a network card or of a plan of the provider: compare with Waybill / Node runtime, host.',
          unit: 'Bps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_sent_bytes_total'), 'instance'), legend: '{{instance}}' }],
        }),
      ],
    },
  ],
};
