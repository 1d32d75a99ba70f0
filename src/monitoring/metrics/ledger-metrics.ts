import { LEDGER_KINDS } from './label-values.js';
import { closed, type MetricDefinition } from './metric-definition.js';

const KIND = closed(
  'What was recorded: receipts that are open or closed, reads of history, closed connections, refusals of users.',
  ...LEDGER_KINDS,
);

/** The record of deliveries. */
export const LEDGER_METRICS = {
  ledgerRecords: {
    name: 'waybill_ledger_records_total',
    type: 'counter',
    unit: 'records',
    help: 'Records that reached the ledger in the database. Where deliveries go on and it stands still, see waybill_ledger_lag_seconds.',
    labels: { kind: KIND },
  },
  ledgerDropped: {
    name: 'waybill_ledger_dropped_total',
    type: 'counter',
    unit: 'records',
    help: 'Records that were given up because the database was away for too long; what they said is answered as unknown. Any rise is worth a look at when the database was away.',
    labels: { kind: KIND },
  },
  ledgerReceipts: {
    name: 'waybill_ledger_receipts',
    type: 'gauge',
    overNodes: 'sum',
    unit: 'records',
    help: 'Receipts of open subscriptions that have a row (open), and records of every kind that wait to be recorded (waiting).',
    labels: { state: closed('What they do.', 'open', 'waiting') },
  },
  ledgerLag: {
    name: 'waybill_ledger_lag_seconds',
    type: 'gauge',
    overNodes: 'max',
    unit: 'seconds',
    help: 'Age of the last checkpoint: what this node would take with it if it were lost now. It grows while the database is away.',
    labels: {},
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
