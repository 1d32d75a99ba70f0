import { type Board, percentiles, rows, series, states, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { OF_USERS, OUR_FAULT, growth, max, orZero, own, quantile, quantileBy, rate, shareOf, sum } from '../query.ts';

export const OVERVIEW: Board = {
  name: 'waybill-overview',
  title: 'Overview',
  description: 'Is all well, and if not: where to look next.',
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Ready nodes',
          says: 'Share of the scraped nodes that answer and are ready to take clients.',
          action:
            'Below 100 % open "Nodes" at the bottom of this page: it names the node and the part that fails; then `waybill status` on that node.',
          unit: 'percentunit',
          decimals: 0,
          limit: LIMITS.notReady,
          queries: [{ expr: `(${orZero(sum(own('waybill_ready')))}) / count(${own('up')})`, legend: 'ready' }],
        }),
        tile({
          title: 'Connections',
          says: 'Open connections of all chosen nodes, WebSockets and event streams.',
          action:
            'A sudden fall is a network, a deploy or a node that is gone; a saw-tooth is clients that cannot stay: open Waybill / Connections.',
          unit: 'short',
          past: true,
          queries: [{ expr: orZero(sum(own('waybill_connections'))), legend: 'open' }],
        }),
        tile({
          title: 'Publishes',
          says: 'Messages accepted in a second, from sockets, REST, SQL and the gateway itself.',
          action: 'A fall to almost nothing with connections unchanged points to the database: open Waybill / Log and database.',
          unit: 'mps',
          past: true,
          queries: [{ expr: orZero(sum(rate('waybill_publishes_total', 'result="OK"'))), legend: 'accepted' }],
        }),
        tile({
          title: 'Deliveries',
          says: 'Messages handed to sockets in a second, once for each recipient.',
          action: 'Falling while publishes go on means that subscribers are gone or slow: open Waybill / Delivery.',
          unit: 'mps',
          past: true,
          queries: [{ expr: orZero(sum(rate('waybill_deliveries_total', 'result="written"'))), legend: 'written' }],
        }),
        tile({
          title: 'Delivery p99',
          says: 'Time from the acceptance of a message to its last write on a node: 99 of 100 messages were faster. Without those of the canary.',
          action:
            'Above the line open Waybill / Delivery, then Waybill / Node runtime (event loop) and Waybill / Log and database (commits).',
          unit: 's',
          limit: LIMITS.deliveryInTime,
          queries: [{ expr: quantile(0.99, 'waybill_delivery_latency_seconds', [], OF_USERS), legend: 'p99' }],
        }),
        tile({
          title: 'Drops',
          says: 'Messages in a second that did not reach a subscriber: dropped by the policy for slow clients, lost with a connection, or not to be had from the log.',
          action: 'Open Waybill / Delivery for the reason; for slow clients Waybill / Slow consumers and `waybill slow`.',
          unit: 'mps',
          past: true,
          queries: [{ expr: orZero(sum(rate('waybill_dropped_messages_total'))), legend: 'dropped' }],
        }),
        tile({
          title: 'Canary failures',
          says: 'Share of the canary’s runs that failed: each node sends messages to itself through its own front door.',
          action:
            'Anything but 0 % means that this gateway cannot deliver. `waybill canary` shows the hop that breaks; so does Waybill / Delivery.',
          unit: 'percentunit',
          nothing: 'no canary',
          limit: LIMITS.canaryFailing,
          queries: [
            {
              expr: shareOf('waybill_canary_runs_total', 'result="failed"', 'result=~"ok|failed"'),
              legend: 'failed',
            },
          ],
        }),
        tile({
          title: 'Budget',
          says: 'What is left of the 30 days’ error budget of the objective that is worst off. Below 0 it was missed.',
          action:
            'Open Waybill / Objectives to see which one it is and how fast it burns. The alerts of fast burning, such as WaybillCanaryBudgetBurn, link a runbook each.',
          unit: 'percentunit',
          decimals: 0,
          nothing: 'no traffic',
          limit: LIMITS.budget,
          queries: [{ expr: 'min({__name__=~"waybill:.+:budget_remaining30d"})', legend: 'worst' }],
        }),
        rows({
          title: 'Alerts that fire',
          says: 'What Prometheus holds for wrong now; the same is on its way by the receiver that Alertmanager is given.',
          action: 'Begin with pages. Each alert links its runbook: what it means, where to look, what to do.',
          unit: 'none',
          w: 24,
          h: 5,
          queries: [{ expr: 'ALERTS{alertstate="firing",alertname=~"Waybill.+"}', legend: '' }],
          columns: { alertname: 'Alert', severity: 'Severity', instance: 'Instance', slo: 'Objective' },
        }),
        series({
          title: 'Messages in and out',
          says: 'Accepted publishes, written deliveries and drops in a second. Deliveries move with publishes times subscribers.',
          action: 'When publishes go on and deliveries stop, look at the event loop and the bus; when drops rise, at slow consumers.',
          unit: 'mps',
          queries: [
            { expr: sum(rate('waybill_publishes_total', 'result="OK"')), legend: 'published' },
            { expr: sum(rate('waybill_deliveries_total', 'result="written"')), legend: 'delivered' },
            { expr: sum(rate('waybill_dropped_messages_total')), legend: 'dropped' },
          ],
        }),
        series({
          title: 'Delivery latency',
          says: 'Time from acceptance to the last write on a node. Dots are single messages with a trace.',
          action: 'Click a dot above the line and open its trace: the longest span is the cause (append: database; deliver: event loop).',
          unit: 's',
          limit: LIMITS.deliveryInTime,
          traces: true,
          queries: percentiles((of) => quantile(of, 'waybill_delivery_latency_seconds', [], OF_USERS)),
        }),
        series({
          title: 'Errors that are ours',
          says: 'Upgrades, publishes, commands and REST requests that failed in a second by no fault of the caller.',
          action: 'UNAVAILABLE and UNKNOWN_OUTCOME are the database; INTERNAL is a defect: take a trace or the log lines with level error.',
          unit: 'reqps',
          table: true,
          queries: [
            { expr: sum(rate('waybill_handshakes_total', OUR_FAULT), 'result'), legend: 'handshake {{result}}' },
            { expr: sum(rate('waybill_publishes_total', OUR_FAULT), 'result'), legend: 'publish {{result}}' },
            { expr: sum(rate('waybill_commands_total', OUR_FAULT), 'result'), legend: 'command {{result}}' },
            { expr: sum(rate('http_server_request_duration_seconds_count', 'status="5xx"')), legend: 'REST 5xx' },
          ],
        }),
        series({
          title: 'How full it is',
          says: 'Share in use of what ends first: the one thread of the worst node, its file descriptors, and database connections.',
          action:
            'Near 100 % for minutes means: more nodes, or fewer connections on this one. Details in Waybill / Node runtime and Waybill / Log and database.',
          unit: 'percentunit',
          max: 1,
          queries: [
            {
              expr: `max(${rate('nodejs_eventloop_utilization_histogram_sum')} / ${rate('nodejs_eventloop_utilization_histogram_count')})`,
              legend: 'event loop',
            },
            { expr: `max(${own('process_open_fds')} / ${own('process_max_fds')})`, legend: 'file descriptors' },
            {
              expr: `max(${sum(own('waybill_db_pool_connections', 'state="used"'), 'instance')} / ${sum(own('waybill_db_pool_connections', 'state=~"used|idle"'), 'instance')})`,
              legend: 'open database connections',
            },
          ],
        }),
      ],
    },
    {
      title: 'Traffic',
      panels: [
        series({
          title: 'Publishes by door',
          says: 'Accepted messages by where they came in: sockets, REST, the transaction of an application (sql), the gateway itself (system).',
          action: 'A door that falls silent while the others go on is a failure at its callers or before them; ask who publishes there.',
          unit: 'mps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_publishes_total', 'result="OK"'), 'source'), legend: '{{source}}' }],
        }),
        series({
          title: 'Commands by action',
          says: 'Frames that clients sent in a second, by their action.',
          action: 'A jump of one action is usually a new release of a client, or one that repeats itself: `waybill top` names connections.',
          unit: 'reqps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_commands_total'), 'action'), legend: '{{action}}' }],
        }),
        series({
          title: 'Bytes',
          says: 'Payload bytes that came from sockets, and bytes handed to them.',
          action: 'Compare with what the network of the host can take (Waybill / Node runtime); compression and smaller payloads help.',
          unit: 'Bps',
          queries: [
            { expr: sum(rate('waybill_received_bytes_total')), legend: 'received' },
            { expr: sum(rate('waybill_sent_bytes_total')), legend: 'sent' },
          ],
        }),
        series({
          title: 'Command duration p99',
          says: 'Time from a decoded frame to its reply, by action. A publish waits for its commit; everything else should be quick.',
          action: 'If only publishes rise, look at the database; if all rise, at the event loop. Dots are traces.',
          unit: 's',
          table: true,
          traces: true,
          queries: [{ expr: quantileBy(['action'], 0.99, 'waybill_command_duration_seconds'), legend: '{{action}}' }],
        }),
        series({
          title: 'REST requests by status',
          says: 'Requests answered in a second, by class of status.',
          action: 'A rise of 4xx is a caller (`waybill refusals` says who and by which rule); of 5xx the gateway: take a trace below.',
          unit: 'reqps',
          stacked: true,
          queries: [{ expr: sum(rate('http_server_request_duration_seconds_count'), 'status'), legend: '{{status}}' }],
        }),
        series({
          title: 'REST duration p99 by route',
          says: 'Time to the end of the answer, by route.',
          action: 'Click a dot above the line for its trace. One slow route is that route; all of them are the event loop or the database.',
          unit: 's',
          limit: LIMITS.requestInTime,
          table: true,
          traces: true,
          queries: [
            { expr: quantileBy(['method', 'route'], 0.99, 'http_server_request_duration_seconds'), legend: '{{method}} {{route}}' },
          ],
        }),
      ],
    },
    {
      title: 'Refusals',
      panels: [
        series({
          title: 'Commands refused',
          says: 'Replies other than OK in a second, by the code they carry.',
          action: 'The code names the cause: docs/errors.md; `waybill refusals` names who, and the rule that refused them.',
          unit: 'reqps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_commands_total', 'result!="OK"'), 'result'), legend: '{{result}}' }],
        }),
        series({
          title: 'Rate limits',
          says: 'Refusals because somebody asked too much, by what was limited.',
          action: '`waybill refusals` names the callers and the option of the limit. Raise it only if the caller is right to ask so much.',
          unit: 'reqps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_rate_limited_total'), 'scope'), legend: '{{scope}}' }],
        }),
      ],
    },
    {
      title: 'Nodes',
      panels: [
        states({
          title: 'Parts of each node',
          says: 'State of every part that /readyz reports. A part that is degraded or down does not take its node out; the canary may.',
          action: '`waybill status` on the node says in a sentence what is wrong with the part; the alert of the part has a runbook.',
          unit: 'none',
          w: 16,
          h: 10,
          queries: [{ expr: max(own('waybill_health_state'), 'instance', 'part'), legend: '{{instance}} {{part}}' }],
          states: { 0: ['ok', 'green'], 1: ['degraded', 'orange'], 2: ['down', 'red'] },
        }),
        rows({
          title: 'What runs',
          says: 'Version of Waybill and of Node.js on each node.',
          action:
            'Two versions are normal only while a deploy is under way; docs/rolling-upgrades.md says which may stand beside each other.',
          unit: 'none',
          w: 8,
          h: 10,
          queries: [{ expr: own('waybill_build_info'), legend: '' }],
          columns: { instance: 'Node', version: 'Version', node_version: 'Node.js' },
        }),
        series({
          title: 'What operators did',
          says: 'Actions of operators by REST, command line or console, by how they ended.',
          action: 'A change in the traffic right after one is its effect: `waybill audit` says who did it and why.',
          unit: 'short',
          w: 24,
          h: 6,
          stacked: true,
          queries: [{ expr: sum(growth('waybill_console_actions_total'), 'action', 'result'), legend: '{{action}} {{result}}' }],
        }),
      ],
    },
  ],
};
