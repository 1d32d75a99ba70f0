import { integer, optionalText } from '../option.js';

/** Several nodes. */
export const clusterOptions = {
  redisUrl: optionalText({
    env: 'REDIS_URL',
    secret: true,
    unit: 'URL',
    zero: 'one node, everything in memory',
    doc: 'Redis that joins several nodes.',
    check: () => 'is not supported by this version: run one node, without REDIS_URL',
  }),
  workers: integer({
    env: 'WAYBILL_WORKERS',
    default: 1,
    min: 1,
    max: 1,
    unit: 'processes',
    doc: 'Processes behind one port. This version runs one.',
  }),
} as const;
