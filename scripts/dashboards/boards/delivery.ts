import { type Board, heatmap, percentiles, rows, series, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { mean, orZero, own, quantile, rate, share, shareOf, sum } from '../query.ts';

const IN_NAMESPACE = 'namespace=~"$namespace"';
const deliveries = (result: string): string => sum(rate('waybill_deliveries_total', IN_NAMESPACE, `result="${result}"`));
const total = (result: string): string => sum(own('waybill_deliveries_total', IN_NAMESPACE, `result="${result}"`), 'namespace');

export const DELIVERY: Board = {
  name: 'waybill-delivery',
  title: 'Delivery',
  description: 'Do messages reach those they are for, in time, and what became of those that did not.',
  namespaces: true,
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Published',
          says: 'Messages accepted in a second, in the chosen namespaces.',
          action: 'If it stops while clients are connected, look at Waybill / Log and database, then at the publishers.',
          unit: 'mps',
          past: true,
          queries: [{ expr: orZero(sum(rate('waybill_publishes_total', IN_NAMESPACE, 'result="OK"'))), legend: 'published' }],
        }),
        tile({
          title: 'Written',
          says: 'Deliveries handed to the kernel in a second, once for each recipient.',
          action: 'Compare with the line "matched" in "Where deliveries end": the difference is what waits, or was dropped.',
          unit: 'mps',
          past: true,
          queries: [{ expr: orZero(deliveries('written')), legend: 'written' }],
        }),
        tile({
          title: 'p99',
          says: 'Time from acceptance to the last write on a node, for 99 of 100 messages.',
          action: 'Above the line take the trace of a slow message from "Latency" below.',
          unit: 's',
          limit: LIMITS.deliveryInTime,
          queries: [{ expr: quantile(0.99, 'waybill_delivery_latency_seconds', [], IN_NAMESPACE), legend: 'p99' }],
        }),
        tile({
          title: 'Late',
          says: 'Share of the messages whose last write came later than 250 ms after their acceptance.',
          action: 'Take the trace of one of them from "Latency" below; Waybill / Objectives says how fast the budget burns.',
          unit: 'percentunit',
          nothing: 'no traffic',
          limit: LIMITS.deliveryLate,
          queries: [
            {
              expr: `1 - ${share(
                sum(rate('waybill_delivery_latency_seconds_bucket', IN_NAMESPACE, 'le="0.25"')),
                sum(rate('waybill_delivery_latency_seconds_count', IN_NAMESPACE)),
              )}`,
              legend: 'late',
            },
          ],
        }),
        tile({
          title: 'Lost',
          says: 'Share of the deliveries that a failure of ours lost: a defect that ended a connection, or a hole that could not be filled. Clients that leave or do not read are not in it.',
          action: '"Where deliveries end" says which; `waybill message` and `waybill why` tell it for one message and one user.',
          unit: 'percentunit',
          nothing: 'no traffic',
          limit: LIMITS.deliveryLost,
          queries: [
            {
              expr: share(
                sum(rate('waybill_dropped_messages_total', 'reason=~"gateway_failed|heal_failed"')),
                sum(rate('waybill_deliveries_total', 'result="written"')),
              ),
              legend: 'lost',
            },
          ],
        }),
        tile({
          title: 'Unaccounted for',
          says: 'Deliveries without a known outcome: matched - written - dropped - queued - unconfirmed - not_written, read in one moment. Always 0.',
          action:
            'Anything else is a defect of this program: `GET ops/accounting` names the namespace; keep the node, its log and `waybill diagnose`, and report it.',
          unit: 'short',
          limit: LIMITS.imbalance,
          queries: [{ expr: sum(`abs(${own('waybill_delivery_imbalance', IN_NAMESPACE)})`), legend: 'unaccounted for' }],
        }),
        tile({
          title: 'Not recovered',
          says: 'Share of returning subscriptions that could not be given all they had missed, without topics in memory that began anew.',
          action: 'They page through history. If it stays, history_length or history_age_s of the namespace is shorter than absences are.',
          unit: 'percentunit',
          nothing: 'nobody came',
          limit: LIMITS.recoveryFailed,
          queries: [
            {
              expr: shareOf('waybill_recoveries_total', 'result="not_recovered"', 'result!="memory_lost"'),
              legend: 'not recovered',
            },
          ],
        }),
        tile({
          title: 'Not healed',
          says: 'Holes in topics within ten minutes that could not be filled from the log; their subscribers were told of a gap.',
          action: 'Look at the database: Waybill / Log and database. Clients of durable topics read history; ephemeral messages are lost.',
          unit: 'short',
          decimals: 0,
          limit: LIMITS.gapsNotHealed,
          queries: [{ expr: sum(`increase(${own('waybill_gaps_total', 'reason="heal_failed"')}[10m])`), legend: 'gaps' }],
        }),
        series({
          title: 'Latency',
          says: 'Time from acceptance to the last write on a node. Dots are single messages with a trace.',
          action:
            'Click a dot above the line. A long append is the database, a gap before deliver the event loop, a long deliver too many recipients at once.',
          unit: 's',
          limit: LIMITS.deliveryInTime,
          traces: true,
          queries: percentiles((of) => quantile(of, 'waybill_delivery_latency_seconds', [], IN_NAMESPACE)),
        }),
        heatmap({
          title: 'Latency of every message',
          says: 'How the same times are spread. Two bands are two kinds of messages; a band that rises as a whole is the node.',
          action: 'A second band: narrow by namespace above until it is alone. Dots are messages with a trace.',
          unit: 's',
          cells: 'mps',
          traces: true,
          queries: [{ expr: sum(rate('waybill_delivery_latency_seconds_bucket', IN_NAMESPACE), 'le'), legend: '{{le}}' }],
        }),
        series({
          title: 'Where deliveries end',
          says: 'The delivery balance as rates: what was matched (dashed) must end as one of the others, or wait. The stack and the line lie on each other.',
          action:
            'Written below the line for long: what waits is in Waybill / Slow consumers. Dropped: the policy of the namespace. Not written: connections that ended first.',
          unit: 'mps',
          stacked: true,
          over: 'matched',
          queries: [
            { expr: deliveries('written'), legend: 'written' },
            { expr: deliveries('dropped'), legend: 'dropped' },
            { expr: deliveries('unconfirmed'), legend: 'unconfirmed' },
            { expr: deliveries('not_written'), legend: 'not written' },
            { expr: deliveries('matched'), legend: 'matched' },
          ],
        }),
        rows({
          title: 'Delivery balance',
          says: 'The sums since the nodes were started: matched = written + dropped + queued + unconfirmed + not written, in each namespace.',
          action:
            'The last column is the gateway’s own check and must be 0. Small differences between the other columns come of a scrape in the middle of work.',
          unit: 'short',
          queries: [
            { expr: total('matched'), legend: '' },
            { expr: total('written'), legend: '' },
            { expr: total('dropped'), legend: '' },
            { expr: sum(own('waybill_deliveries_queued', IN_NAMESPACE), 'namespace'), legend: '' },
            { expr: total('unconfirmed'), legend: '' },
            { expr: total('not_written'), legend: '' },
            { expr: sum(own('waybill_delivery_imbalance', IN_NAMESPACE), 'namespace'), legend: '' },
          ],
          columns: {
            namespace: 'Namespace',
            'Value #A': 'Matched',
            'Value #B': 'Written',
            'Value #C': 'Dropped',
            'Value #D': 'Queued',
            'Value #E': 'Unconfirmed',
            'Value #F': 'Not written',
            'Value #G': 'Unaccounted for',
          },
        }),
      ],
    },
    {
      title: 'Publishing',
      panels: [
        series({
          title: 'Published by namespace',
          says: 'Accepted messages by configured namespace; all others are "other".',
          action: 'A namespace that falls silent is a publisher that stopped; one that jumps, `waybill top` shows the topic.',
          unit: 'mps',
          stacked: true,
          table: true,
          queries: [{ expr: sum(rate('waybill_publishes_total', IN_NAMESPACE, 'result="OK"'), 'namespace'), legend: '{{namespace}}' }],
        }),
        series({
          title: 'Refused publishes',
          says: 'Publishes that were not accepted, by code.',
          action:
            'UNAVAILABLE, UNKNOWN_OUTCOME: the database. RATE_LIMITED, LIMIT_EXCEEDED: `waybill refusals` names who and the option. CONFLICT: a msg_id used twice.',
          unit: 'mps',
          stacked: true,
          table: true,
          queries: [{ expr: sum(rate('waybill_publishes_total', IN_NAMESPACE, 'result!="OK"'), 'result'), legend: '{{result}}' }],
        }),
        series({
          title: 'Publish duration p99',
          says: 'Time from a publish to its stored position, by door; the wait for the group commit is in it.',
          action: 'It follows the commit: see Waybill / Log and database. Dots are traces.',
          unit: 's',
          traces: true,
          queries: [{ expr: quantile(0.99, 'waybill_publish_duration_seconds', ['source']), legend: '{{source}}' }],
        }),
        series({
          title: 'Repeats',
          says: 'Publishes that stored nothing, because the same msg_id was stored before.',
          action:
            'Some are what msg_id is for. Many mean that publishers do not get their answers: look at their timeouts and at the publish duration.',
          unit: 'mps',
          queries: [{ expr: sum(rate('waybill_publishes_repeated_total', IN_NAMESPACE), 'namespace'), legend: '{{namespace}}' }],
        }),
      ],
    },
    {
      title: 'Fan-out',
      panels: [
        heatmap({
          title: 'Recipients of a message',
          says: 'Connections of a node that a message was for.',
          action:
            'A message for very many holds the event loop: compare with the duration beside; split the topic or spread its readers over nodes.',
          unit: 'short',
          cells: 'mps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_fanout_recipients_bucket'), 'le'), legend: '{{le}}' }],
        }),
        series({
          title: 'Fan-out duration',
          says: 'Time to offer a message to all its connections of a node. The event loop does nothing else meanwhile.',
          action: 'p99 near the objective of 250 ms leaves nothing for the rest: more nodes, or fewer readers of one topic.',
          unit: 's',
          w: 8,
          queries: percentiles((of) => quantile(of, 'waybill_fanout_duration_seconds')),
        }),
        series({
          title: 'Mean recipients',
          says: 'How many connections of a node a message is for, on average.',
          action: 'If it rises slowly, plan nodes by it: deliveries are publishes times this.',
          unit: 'short',
          w: 8,
          queries: [{ expr: mean('waybill_fanout_recipients'), legend: 'recipients' }],
        }),
        series({
          title: 'Topics and subscriptions',
          says: 'Topics with a subscriber on this node, and subscriptions of its connections.',
          action: 'Subscriptions that only grow are clients that never unsubscribe: `waybill connections --all` shows who has most.',
          unit: 'short',
          queries: [
            { expr: sum(own('waybill_topics')), legend: 'topics' },
            { expr: sum(own('waybill_subscriptions')), legend: 'subscriptions' },
          ],
        }),
        series({
          title: 'Subscribes by result',
          says: 'Attempts to subscribe by how they ended.',
          action: 'PERMISSION_DENIED names tokens with too few grants: `waybill refusals` has the user and the rule.',
          unit: 'cps',
          table: true,
          queries: [
            {
              expr: `${sum(rate('waybill_subscribes_total'), 'result')} > 0 or ${sum(rate('waybill_subscribes_total', 'result="OK"'), 'result')}`,
              legend: '{{result}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Drops, gaps and recovery',
      panels: [
        series({
          title: 'Drops by reason',
          says: 'Messages that did not reach a subscriber, by reason; where there still was a client, it was told so as a gap.',
          action:
            'slow_consumer: Waybill / Slow consumers. connection_closed: closes by reason in Waybill / Connections. heal_failed: the log could not be read.',
          unit: 'mps',
          stacked: true,
          w: 8,
          queries: [{ expr: sum(rate('waybill_dropped_messages_total'), 'reason'), legend: '{{reason}}' }],
        }),
        series({
          title: 'Gaps seen by this node',
          says: 'Holes in the sequence of a topic that the node saw, and read from the log.',
          action: 'bus_loss alone is healed, at the cost of latency. heal_failed is not: look at the database.',
          unit: 'cps',
          stacked: true,
          w: 8,
          queries: [{ expr: sum(rate('waybill_gaps_total', 'side="server"'), 'reason'), legend: '{{reason}}' }],
        }),
        series({
          title: 'Gaps told to clients',
          says: 'Holes that clients were told of, by reason; durable topics still have the messages in history.',
          action:
            'slow_consumer is the policy at work. history_gone: retention is shorter than absences. reset: a new epoch of the log, after a restore.',
          unit: 'cps',
          stacked: true,
          w: 8,
          queries: [{ expr: sum(rate('waybill_gaps_total', 'side="client"'), 'reason'), legend: '{{reason}}' }],
        }),
        series({
          title: 'Recoveries',
          says: 'Subscriptions that asked for what they missed.',
          action:
            'A wave follows a deploy or a network failure. Not recovered ones page through history: raise history_length if there are many. memory_lost is what a restart takes from namespaces that are not durable.',
          unit: 'cps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_recoveries_total'), 'result'), legend: '{{result}}' }],
        }),
        series({
          title: 'Sessions asked for',
          says: 'Clients that came back and asked for the session of their connection before, by how it ended.',
          action:
            'A wave follows the loss or the drain of a node. Gone: they were away for longer than WAYBILL_SESSION_EXPIRY_MS. Unavailable: look at Redis. All of them name their positions themselves then, and lose nothing.',
          unit: 'cps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_session_resumes_total'), 'result'), legend: '{{result}}' }],
        }),
        series({
          title: 'Messages pushed to recover',
          says: 'Messages that were read again for subscriptions that came back.',
          action:
            'In a wave it competes with live traffic for the database; it ends by itself. If it does not, clients come back again and again.',
          unit: 'mps',
          queries: [{ expr: sum(rate('waybill_recovered_messages_total')), legend: 'recovered messages' }],
        }),
      ],
    },
    {
      title: 'Canary and acknowledgements',
      panels: [
        series({
          title: 'Canary round trip',
          says: 'Last round trip of each node’s message to itself: live does not touch the database, stored does. It keeps its value while nothing comes back.',
          action: 'Live slow: the event loop. Only stored slow: the database. A line without any movement: the canary does not come back.',
          unit: 's',
          w: 8,
          queries: [{ expr: own('waybill_canary_round_trip_seconds'), legend: '{{instance}} {{path}}' }],
        }),
        series({
          title: 'Canary failures by hop',
          says: 'Runs that did not come back, by the first hop that failed.',
          action:
            'The hop names the step of ARCHITECTURE.md: connect and authenticate are the door, append the database, bus, fan_out and socket this node.',
          unit: 'cps',
          stacked: true,
          w: 8,
          limit: LIMITS.canaryFailing,
          queries: [{ expr: sum(rate('waybill_canary_failures_total'), 'hop'), legend: '{{hop}}' }],
        }),
        series({
          title: 'Acknowledged',
          says: 'Deliveries that clients acknowledged; only those count here whose clients do.',
          action: 'If written goes on and acknowledged stops, clients take messages and do nothing with them: ask their owners.',
          unit: 'mps',
          w: 8,
          queries: [
            { expr: deliveries('acked'), legend: 'acknowledged' },
            { expr: deliveries('written'), legend: 'written' },
          ],
        }),
      ],
    },
  ],
};
