import { type Board, heatmap, percentiles, series, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { OF_USERS, OURS_AND_GOOD, OUR_FAULT, max, mean, orZero, own, quantile, quantileBy, rate, shareOf, sum } from '../query.ts';

const LEDGER_DROPPED = `increase(${own('waybill_ledger_dropped_total')}[10m])`;

export const LOG_DATABASE: Board = {
  name: 'waybill-log-database',
  title: 'Log and database',
  description: 'Does the database take what is published, and is the record of deliveries kept.',
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Database',
          says: 'State of the database as the worst node sees it.',
          action:
            'Down: durable publishes are refused, ephemeral ones go on. `waybill doctor` on a node says what it cannot reach; then the database’s own log.',
          unit: 'none',
          limit: LIMITS.databaseDown,
          words: { '0': 'ok', '1': 'degraded', '2': 'down' },
          queries: [{ expr: `max(${own('waybill_health_state', 'part="database"')})`, legend: 'database' }],
        }),
        tile({
          title: 'Circuit',
          says: 'Whether calls to the database are let through, on the worst node.',
          action: 'Open: it failed again and again, and is only asked whether it is back. Do not restart the gateway: it closes by itself.',
          unit: 'none',
          words: { '0': 'closed', '1': 'asking', '2': 'open' },
          queries: [{ expr: `max(${own('waybill_circuit_state', 'dependency="database"')})`, legend: 'circuit' }],
        }),
        tile({
          title: 'Commit p99',
          says: 'Time of a commit to the log. Every durable publish waits for one.',
          action: 'Rising: look at the disk and at locks of the database (pg_stat_activity), then at "Operations" below.',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'waybill_append_duration_seconds'), legend: 'p99' }],
        }),
        tile({
          title: 'Publishes that failed',
          says: 'Share of the publishes that failed by no fault of the publisher.',
          action:
            'UNAVAILABLE: nothing was stored, publishers may repeat. UNKNOWN_OUTCOME: repeat with the same msg_id. The database is the cause of both.',
          unit: 'percentunit',
          nothing: 'no traffic',
          limit: LIMITS.publishErrors,
          queries: [
            {
              expr: shareOf('waybill_publishes_total', OUR_FAULT, OURS_AND_GOOD, OF_USERS),
              legend: 'failed',
            },
          ],
        }),
        tile({
          title: 'Publishes that wait',
          says: 'Publishes that wait because the queue to the database is full (WAYBILL_PUBLISH_QUEUE).',
          action:
            'More comes than is stored: their sockets are not read meanwhile. Find the publisher with `waybill top`; speed up the database, not the queue.',
          unit: 'short',
          limit: LIMITS.publishQueue,
          queries: [{ expr: orZero(sum(own('waybill_publish_queue_messages', 'state="waiting"'))), legend: 'waiting' }],
        }),
        tile({
          title: 'Wait for a connection',
          says: 'p99 of the time that database calls waited for one of the node’s connections, on the worst node.',
          action:
            'Statements are slow, or WAYBILL_DB_POOL is too small; docs/database.md has the sum over all nodes that the database must allow.',
          unit: 's',
          limit: LIMITS.databaseWait,
          queries: [{ expr: `max(${quantile(0.99, 'waybill_db_pool_wait_seconds', ['instance'])})`, legend: 'p99' }],
        }),
        tile({
          title: 'Ledger behind',
          says: 'Age of the last checkpoint of the record of deliveries: what the worst node would take with it if it were lost now.',
          action: 'It grows while the database is away, and falls by itself afterwards. If it does not, see the row "Ledger".',
          unit: 's',
          limit: LIMITS.ledgerBehind,
          queries: [{ expr: `max(${own('waybill_ledger_lag_seconds')})`, legend: 'behind' }],
        }),
        tile({
          title: 'Ledger dropped',
          says: 'Records of deliveries given up within ten minutes, because the database was away for too long.',
          action:
            'Deliveries went on; what these records said is answered as unknown. Bring the database back; raise WAYBILL_LEDGER_RECORDS if outages are longer.',
          unit: 'short',
          decimals: 0,
          limit: LIMITS.ledgerDropping,
          queries: [{ expr: sum(LEDGER_DROPPED), legend: 'dropped' }],
        }),
        series({
          title: 'Commit duration',
          says: 'Time of a commit to the log, which many publishes share. Dots are commits with a trace.',
          action: 'p50 rising: the disk or the network to the database. Only p99: single slow commits, often a checkpoint or a lock.',
          unit: 's',
          traces: true,
          queries: percentiles((of) => quantile(of, 'waybill_append_duration_seconds')),
        }),
        series({
          title: 'Queue to the database',
          says: 'Publishes without a verdict yet (taken), such as wait for room (waiting), and connections that are not read because of it.',
          action: 'Taken near WAYBILL_PUBLISH_QUEUE (1,024) with slow commits: the database. Waiting: it is full.',
          unit: 'short',
          queries: [
            { expr: sum(own('waybill_publish_queue_messages'), 'state'), legend: '{{state}}' },
            { expr: sum(own('waybill_publish_paused_connections')), legend: 'paused connections' },
          ],
        }),
        series({
          title: 'Operations p99',
          says: 'Time of database calls by what they do, the wait for a connection included.',
          action: 'One operation alone: its statement or its table (bloat, missing analyse). All: the pool, the network or the server.',
          unit: 's',
          table: true,
          queries: [{ expr: quantileBy(['operation'], 0.99, 'waybill_db_operation_duration_seconds'), legend: '{{operation}}' }],
        }),
        series({
          title: 'Operations',
          says: 'Database calls in a second, by what they do.',
          action:
            'A jump of read or topics is a wave of recoveries; of ledger, many connections that end. It tells where the load comes from.',
          unit: 'ops',
          stacked: true,
          table: true,
          queries: [{ expr: sum(rate('waybill_db_operation_duration_seconds_count'), 'operation'), legend: '{{operation}}' }],
        }),
      ],
    },
    {
      title: 'Commits and pool',
      panels: [
        heatmap({
          title: 'Messages in a commit',
          says: 'How many messages shared a commit. It grows with load, which is what keeps the database fast.',
          action:
            'Always 1 under load: publishes come one after another, from one publisher that waits for each answer; let it send several at once.',
          unit: 'short',
          cells: 'cps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_append_batch_size_bucket'), 'le'), legend: '{{le}}' }],
        }),
        series({
          title: 'Mean messages in a commit',
          says: 'How many messages a commit carries on average.',
          action: 'If publishes double and this does not, commits do: look at their number in "Operations", append.',
          unit: 'short',
          w: 8,
          queries: [{ expr: mean('waybill_append_batch_size'), legend: 'messages' }],
        }),
        series({
          title: 'Refused by the full queue',
          says: 'Publishes refused because the queue to the database was full for longer than they may wait.',
          action: 'They were answered UNAVAILABLE with a time to wait; publishers that repeat at once make it worse.',
          unit: 'mps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_rate_limited_total', 'scope="publish_queue"')), legend: 'refused' }],
        }),
        series({
          title: 'Connections of the pool',
          says: 'Database connections that are idle or in use, and calls that wait for one.',
          action: 'Waiting above 0 for long: raise WAYBILL_DB_POOL if the database has room, else find the slow operation above.',
          unit: 'short',
          stacked: true,
          queries: [{ expr: sum(own('waybill_db_pool_connections'), 'state'), legend: '{{state}}' }],
        }),
        series({
          title: 'Wait for a connection',
          says: 'Time that calls waited for a connection, the opening of a new one included.',
          action: 'A peak at the start of a burst is connections being opened. If it stays, the pool is too small or statements are slow.',
          unit: 's',
          limit: LIMITS.databaseWait,
          queries: percentiles((of) => quantile(of, 'waybill_db_pool_wait_seconds')),
        }),
      ],
    },
    {
      title: 'Ledger',
      panels: [
        series({
          title: 'Recorded',
          says: 'Records that reached the ledger in a second, by kind.',
          action:
            'connection follows clients that leave, fetch those that read history. Nothing at all with traffic: see the database above.',
          unit: 'recps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_ledger_records_total'), 'kind'), legend: '{{kind}}' }],
        }),
        series({
          title: 'Receipts',
          says: 'Receipts of open subscriptions that have a row, and records that wait to be recorded.',
          action: 'Waiting that grows towards WAYBILL_LEDGER_RECORDS (100,000) will be dropped: the database is away or too slow.',
          unit: 'short',
          queries: [{ expr: sum(own('waybill_ledger_receipts'), 'state'), legend: '{{state}}' }],
        }),
        series({
          title: 'Age of the last checkpoint',
          says: 'What each node would take with it if it were lost now; usually about WAYBILL_LEDGER_CHECKPOINT_MS (5 s).',
          action: 'On one node alone: its event loop or its pool. On all: the database.',
          unit: 's',
          limit: LIMITS.ledgerBehind,
          queries: [{ expr: max(own('waybill_ledger_lag_seconds'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Dropped within ten minutes',
          says: 'Records given up, by kind, within the ten minutes before each point.',
          action: '`waybill message` and `waybill why` answer unknown for that time; note the time in the incident.',
          unit: 'short',
          limit: LIMITS.ledgerDropping,
          queries: [{ expr: sum(LEDGER_DROPPED, 'kind'), legend: '{{kind}}' }],
        }),
      ],
    },
  ],
};
