import { integer, optionalText } from '../option.js';

/** Postgres. */
export const storageOptions = {
  databaseUrl: optionalText({
    env: 'DATABASE_URL',
    secret: true,
    unit: 'URL',
    zero: 'an embedded Postgres in the data directory',
    doc: 'Postgres 15 to 18, as postgres://user:password@host:port/database.',
    check: (value) => (/^postgres(?:ql)?:\/\//.test(value) ? undefined : 'must begin with postgres://'),
  }),
  poolSize: integer({
    env: 'WAYBILL_DB_POOL',
    default: 10,
    min: 2,
    max: 200,
    unit: 'connections',
    doc: 'Most database connections of this node.',
  }),
  connectTimeoutMs: integer({
    env: 'WAYBILL_DB_CONNECT_TIMEOUT_MS',
    default: 5_000,
    min: 100,
    max: 120_000,
    unit: 'ms',
    doc: 'Time to get a database connection.',
  }),
  statementTimeoutMs: integer({
    env: 'WAYBILL_DB_STATEMENT_TIMEOUT_MS',
    default: 5_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    doc: 'Deadline of one database statement.',
  }),
} as const;
