import { integer } from '../option.js';

/** How tokens end before their time. */
export const authRevocationOptions = {
  refreshGraceSeconds: integer({
    env: 'WAYBILL_REFRESH_GRACE_S',
    default: 60,
    min: 0,
    max: 86_400,
    unit: 's',
    zero: 'a renewed token goes on until it expires',
    doc: 'How long a token that POST auth/refresh has renewed is still accepted; after that only its successor is, and the use of the old one is refused and reported.',
  }),
  revocationPollMs: integer({
    env: 'WAYBILL_REVOCATION_POLL_MS',
    default: 1_000,
    min: 100,
    max: 30_000,
    unit: 'ms',
    doc: 'How often a node asks the database for revocations and blocks that other nodes have made.',
  }),
  revocationsMax: integer({
    env: 'WAYBILL_REVOCATIONS_MAX',
    default: 100_000,
    min: 1,
    max: 10_000_000,
    unit: 'rules',
    doc: 'Most revocations and blocks in force at once; every node holds them in memory.',
  }),
} as const;
