import { integer } from '../option.js';

/** What is recorded of deliveries: how soon, and how much waits while the database is away. */
export const ledgerOptions = {
  checkpointMs: integer({
    env: 'WAYBILL_LEDGER_CHECKPOINT_MS',
    default: 5_000,
    min: 50,
    max: 600_000,
    unit: 'ms',
    doc: 'How often it is recorded how far deliveries that still go on have come: what a node that is lost takes with it is the time since.',
  }),
  flushMs: integer({
    env: 'WAYBILL_LEDGER_FLUSH_MS',
    default: 200,
    min: 0,
    max: 60_000,
    unit: 'ms',
    zero: 'recorded at once, with more transactions',
    doc: 'How long what has ended (subscriptions, connections) waits for others to be recorded with.',
  }),
  waitMs: integer({
    env: 'WAYBILL_LEDGER_WAIT_MS',
    default: 100,
    min: 0,
    max: 10_000,
    unit: 'ms',
    zero: 'nothing waits',
    doc: 'Longest that messages from history wait for the record of who gets them.',
  }),
  records: integer({
    env: 'WAYBILL_LEDGER_RECORDS',
    default: 100_000,
    min: 0,
    max: 10_000_000,
    unit: 'records',
    zero: 'none waits: what cannot be recorded at once is dropped',
    doc: 'Most records that wait while the database is away; what is more is dropped, counted, and answered as unknown.',
  }),
  recordBytes: integer({
    env: 'WAYBILL_LEDGER_BYTES',
    default: 67_108_864,
    min: 65_536,
    max: 4_294_967_296,
    unit: 'bytes',
    doc: 'Most memory for these records, roughly.',
  }),
  connectionAgeSeconds: integer({
    env: 'WAYBILL_LEDGER_CONNECTION_AGE_S',
    default: 604_800,
    min: 0,
    max: 315_360_000,
    unit: 's',
    zero: 'no limit',
    doc: 'How long closed connections, with what their flight recorder kept, and refusals of users are kept.',
  }),
} as const;
