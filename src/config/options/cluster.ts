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
  settingsPollMs: integer({
    env: 'WAYBILL_SETTINGS_POLL_MS',
    default: 1_000,
    min: 100,
    max: 60_000,
    unit: 'ms',
    doc: 'Time between two looks into the database for settings that operators changed on another node.',
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
