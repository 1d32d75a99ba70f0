import { AUTH_METRICS } from './auth-metrics.js';
import { CONNECTION_METRICS } from './connection-metrics.js';
import { LEDGER_METRICS } from './ledger-metrics.js';
import { MESSAGING_METRICS } from './messaging-metrics.js';
import { NODE_METRICS } from './node-metrics.js';
import { TLS_METRICS } from './tls-metrics.js';

/** Every metric of our own, by the name it has in code. docs/metrics.md is generated from it. */
export const METRICS = {
  ...CONNECTION_METRICS,
  ...AUTH_METRICS,
  ...MESSAGING_METRICS,
  ...LEDGER_METRICS,
  ...NODE_METRICS,
  ...TLS_METRICS,
} as const;

/** What the runtime adds, for docs/metrics.md. */
export const DEFAULT_METRICS = [
  { prefix: 'process_', help: 'CPU seconds, resident memory, open and allowed file descriptors, start time of the process.' },
  {
    prefix: 'nodejs_',
    help: 'Event loop delay and utilisation, heap by space, garbage collection pauses, active resources, version of Node.js.',
  },
] as const;
