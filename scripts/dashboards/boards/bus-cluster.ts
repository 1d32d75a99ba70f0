import { type Board, percentiles, rows, series, states, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { max, min, orZero, own, quantile, rate, sum } from '../query.ts';

export const BUS_CLUSTER: Board = {
  name: 'waybill-bus-cluster',
  title: 'Bus and cluster',
  description: 'Do nodes hear of each other’s messages, and is the load spread over them.',
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Nodes',
          says: 'Nodes that answer when Prometheus asks for their metrics.',
          action: 'Fewer than there should be: look at the process of the missing one; its clients are on the others by now.',
          unit: 'short',
          w: 4,
          queries: [{ expr: orZero(sum(own('up'))), legend: 'up' }],
        }),
        tile({
          title: 'Ready',
          says: 'Whether every node that answers is ready: 1, else 0.',
          action: '`waybill status` on the node that is not; "Parts of each node" below names the part.',
          unit: 'none',
          w: 4,
          limit: LIMITS.notReady,
          words: { '0': 'no', '1': 'all' },
          queries: [{ expr: `min(${own('waybill_ready')})`, legend: 'ready' }],
        }),
        tile({
          title: 'Bus',
          says: 'Whether every node is connected to the bus both ways, to publish and to subscribe.',
          action:
            'Away: durable messages of other nodes come late, by way of the log; ephemeral ones are lost. Look at the bus and at the network to it.',
          unit: 'none',
          w: 4,
          limit: LIMITS.busDown,
          words: { '0': 'away', '1': 'connected' },
          queries: [{ expr: `min(${own('waybill_bus_connected')})`, legend: 'bus' }],
        }),
        tile({
          title: 'Bus lag p99',
          says: 'Time from the hand of the publishing node to the arrival at another, for 99 of 100 messages, on the worst node.',
          action:
            'High while commits are quick: the bus, or the event loop of the node that is late. Clocks are compared: check that they are in step.',
          unit: 's',
          w: 4,
          limit: LIMITS.busLag,
          queries: [{ expr: `max(${quantile(0.99, 'waybill_bus_lag_seconds', ['instance'])})`, legend: 'p99' }],
        }),
        tile({
          title: 'Bus errors',
          says: 'Calls of the bus that failed in a second.',
          action:
            'The log heals what they lost, at the cost of latency. If they go on, look at the bus: its memory, its connections, its log.',
          unit: 'cps',
          past: true,
          w: 4,
          queries: [{ expr: orZero(sum(rate('waybill_bus_errors_total'))), legend: 'errors' }],
        }),
        tile({
          title: 'Versions',
          says: 'How many versions of Waybill run at once.',
          action: 'More than one is normal only while a deploy is under way: docs/rolling-upgrades.md.',
          unit: 'short',
          w: 4,
          queries: [{ expr: `count(count by (version) (${own('waybill_build_info')}))`, legend: 'versions' }],
        }),
        series({
          title: 'Messages over the bus',
          says: 'Messages that nodes gave to the bus (out) and took from it (in).',
          action: 'Each message out comes in at every node that needs it. In falling while out goes on: a node no longer hears; see "Bus".',
          unit: 'mps',
          queries: [{ expr: sum(rate('waybill_bus_messages_total'), 'direction'), legend: '{{direction}}' }],
        }),
        series({
          title: 'Bus lag',
          says: 'Time from the hand of the publishing node to the arrival at another.',
          action: 'p50 rising with p99: the bus itself. Only p99: pauses of a node, see its event loop and garbage collection.',
          unit: 's',
          limit: LIMITS.busLag,
          queries: percentiles((of) => quantile(of, 'waybill_bus_lag_seconds')),
        }),
        states({
          title: 'Parts of each node',
          says: 'State of every part that /readyz reports, on each node.',
          action: 'The same part on all nodes is what they share (database, bus, issuer); on one alone it is that node.',
          unit: 'none',
          h: 9,
          queries: [{ expr: max(own('waybill_health_state'), 'instance', 'part'), legend: '{{instance}} {{part}}' }],
          states: { 0: ['ok', 'green'], 1: ['degraded', 'orange'], 2: ['down', 'red'] },
        }),
        rows({
          title: 'Nodes',
          says: 'What each node carries now: clients, subscriptions and deliveries in a second.',
          action:
            'Connections stay where they are until they end: an uneven spread mends itself only with time, or by draining the fullest node.',
          unit: 'short',
          h: 9,
          queries: [
            { expr: max(own('waybill_ready'), 'instance'), legend: '' },
            { expr: sum(own('waybill_connections'), 'instance'), legend: '' },
            { expr: sum(own('waybill_subscriptions'), 'instance'), legend: '' },
            { expr: sum(rate('waybill_deliveries_total', 'result="written"'), 'instance'), legend: '' },
            { expr: max(own('waybill_draining'), 'instance'), legend: '' },
          ],
          columns: {
            instance: 'Node',
            'Value #A': 'Ready',
            'Value #B': 'Connections',
            'Value #C': 'Subscriptions',
            'Value #D': 'Deliveries/s',
            'Value #E': 'Draining',
          },
        }),
      ],
    },
    {
      title: 'Bus in detail',
      panels: [
        series({
          title: 'Errors by call',
          says: 'Calls of the bus that failed, by what they were.',
          action:
            'publish and publish_ephemeral: messages come late or not at all at other nodes. subscribe: a topic is not heard of until it is repeated.',
          unit: 'cps',
          w: 8,
          stacked: true,
          queries: [{ expr: sum(rate('waybill_bus_errors_total'), 'op'), legend: '{{op}}' }],
        }),
        series({
          title: 'Lost on the bus',
          says: 'Holes that nodes saw because a message did not come by the bus; they read it from the log.',
          action: 'Now and then is what the log is for. Steady: the bus drops (memory, slow reader), or a node does not keep up.',
          unit: 'cps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_gaps_total', 'reason="bus_loss"'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Connected',
          says: 'Whether each node can tell the bus of messages (publish), and is told of them (subscribe): 1, else 0.',
          action: 'One node alone: its network. All: the bus.',
          unit: 'none',
          w: 8,
          max: 1,
          limit: LIMITS.busDown,
          queries: [{ expr: min(own('waybill_bus_connected'), 'instance', 'role'), legend: '{{instance}} {{role}}' }],
        }),
      ],
    },
    {
      title: 'Spread over nodes',
      panels: [
        series({
          title: 'Nodes known to each other',
          says: 'How many nodes each node knows of: those whose heartbeats come, itself included, and those that went without a word in the last ten minutes and are not back.',
          action: 'Lost: `waybill nodes` names it. Nodes that count differently do not all reach the same Redis.',
          unit: 'short',
          w: 24,
          limit: LIMITS.nodeLost,
          queries: [{ expr: max(own('waybill_members'), 'instance', 'state'), legend: '{{instance}} {{state}}' }],
        }),
        series({
          title: 'Connections by node',
          says: 'Connections that are open on each node, of whatever kind.',
          action: 'After a deploy the last node has fewest. If one stays apart, look at the balance of the proxy.',
          unit: 'short',
          w: 8,
          queries: [{ expr: sum(own('waybill_connections'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Deliveries by node',
          says: 'Deliveries that each node hands to its sockets in a second.',
          action: 'Equal connections and unequal deliveries: the readers of a busy topic sit on one node; drain it when it is calm.',
          unit: 'mps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_deliveries_total', 'result="written"'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Event loop by node',
          says: 'Share of the time that the one thread of each node was busy.',
          action: 'The node nearest to 100 % decides when there have to be more.',
          unit: 'percentunit',
          w: 8,
          max: 1,
          queries: [
            {
              expr: `${sum(rate('nodejs_eventloop_utilization_histogram_sum'), 'instance')} / ${sum(rate('nodejs_eventloop_utilization_histogram_count'), 'instance')}`,
              legend: '{{instance}}',
            },
          ],
        }),
      ],
    },
  ],
};
