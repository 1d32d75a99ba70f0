import { closed, type MetricDefinition } from './metric-definition.js';

/** TLS on the ports of this node. */
export const TLS_METRICS = {
  certificateExpiry: {
    name: 'waybill_tls_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    overNodes: 'min',
    unit: 'seconds',
    help: 'When the certificate in use ends, in seconds since 1970; absent without TLS. Alert weeks before it.',
    labels: {},
    zero: [],
  },
  certificateReloads: {
    name: 'waybill_tls_certificate_reloads_total',
    type: 'counter',
    unit: 'reloads',
    help: 'New certificates taken into use, or refused because they are not good; after a failure the old ones stay until they end.',
    labels: { result: closed('What became of them.', 'reloaded', 'failed') },
  },
  tlsFailures: {
    name: 'waybill_tls_handshake_failures_total',
    type: 'counter',
    unit: 'handshakes',
    help: 'TLS handshakes that came to nothing; a steady rate of one reason is a client that is set up wrong.',
    labels: {
      reason: closed('Why it failed.', 'plain_http', 'timeout', 'version_or_suite', 'client_certificate', 'other'),
    },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
