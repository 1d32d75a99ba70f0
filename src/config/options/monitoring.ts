import { integer, oneOf, optionalText, ratio } from '../option.js';
import { otlpOptions } from './otlp.js';

function checkTraceLink(template: string): string | undefined {
  const isLink = template.includes('{trace_id}') && /^https?:\/\//.test(template) && URL.canParse(template);
  return isLink ? undefined : 'must be an http:// or https:// address with {trace_id} in it';
}

/** Traces, metrics and logs. */
export const monitoringOptions = {
  traceRatio: ratio({
    env: 'WAYBILL_TRACE_RATIO',
    default: 0.01,
    live: true,
    unit: 'share',
    zero: 'only what is always traced',
    doc: 'Share of commands and messages that are traced; handshakes and REST requests always are, up to traceRate.',
  }),
  traceRate: integer({
    env: 'WAYBILL_TRACE_RATE',
    default: 200,
    live: true,
    min: 0,
    max: 100_000,
    unit: 'traces/s',
    zero: 'none beyond the ratio',
    doc: 'Most handshakes, closes and REST requests traced in a second regardless of the ratio.',
  }),
  traceRing: integer({
    env: 'WAYBILL_TRACE_RING',
    default: 4_096,
    min: 0,
    max: 1_000_000,
    unit: 'spans',
    zero: 'none are kept',
    doc: 'Finished spans kept in memory for ops/traces when no collector is set.',
  }),
  trustTraceparent: oneOf({
    env: 'WAYBILL_TRUST_TRACEPARENT',
    default: 'keys',
    values: ['nobody', 'keys', 'everyone'],
    doc: 'Whose W3C traceparent begins the trace: requests with an API key and publishes by SQL, or everybody, which is for gateways that only programs of your own reach. What is not followed is linked.',
  }),
  traceLink: optionalText({
    env: 'WAYBILL_TRACE_LINK',
    unit: 'URL',
    zero: 'answers name trace ids alone',
    doc: 'Where a trace is looked at once a collector has it, for example http://127.0.0.1:16686/trace/{trace_id}; answers then carry the link.',
    check: checkTraceLink,
  }),
  auditRefusalsPerMinute: integer({
    env: 'WAYBILL_AUDIT_REFUSALS_PER_MINUTE',
    default: 30,
    min: 0,
    max: 10_000,
    unit: 'records/min',
    zero: 'all are only counted',
    live: true,
    doc: 'Refused or failed actions recorded one by one in the audit trail: of each operator, of each API key, of all users, and of all strangers; what is beyond is counted in one record a minute.',
  }),
  refusalRing: integer({
    env: 'WAYBILL_REFUSAL_RING',
    default: 1_000,
    min: 0,
    max: 100_000,
    unit: 'entries',
    zero: 'none are kept; the sums are',
    doc: 'Latest refusals kept in memory for ops/refusals; one caller who is refused by one rule again and again is one entry.',
  }),
  canaryIntervalMs: integer({
    env: 'WAYBILL_CANARY_INTERVAL_MS',
    default: 10_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    zero: 'no canary: nobody notices a broken socket but its clients',
    doc: 'How often this node publishes a message of its own and receives it through a socket to its own public port.',
  }),
  canaryStoredEvery: integer({
    env: 'WAYBILL_CANARY_STORED_EVERY',
    default: 3,
    min: 0,
    max: 10_000,
    unit: 'rounds',
    zero: 'never: only the ephemeral path is tried',
    doc: 'Every so many rounds the canary also sends a message by way of the database.',
  }),
  canaryTimeoutMs: integer({
    env: 'WAYBILL_CANARY_TIMEOUT_MS',
    default: 5_000,
    min: 100,
    max: 60_000,
    unit: 'ms',
    doc: 'How long the canary may be on its way before the hop that it hangs at is called broken.',
  }),
  canaryFailures: integer({
    env: 'WAYBILL_CANARY_FAILURES',
    default: 2,
    min: 0,
    max: 1_000,
    unit: 'rounds',
    zero: 'the canary never makes a node unready',
    doc: 'So many failures of the ephemeral path in a row make /readyz answer 503; one success ends that.',
  }),
  canaryCertFile: optionalText({
    env: 'WAYBILL_CANARY_CERT_FILE',
    unit: 'path',
    zero: 'it shows none, and is not tried where tls.clientCert is required',
    doc: 'PEM file with the client certificate that the canary shows to its own node.',
  }),
  canaryKeyFile: optionalText({
    env: 'WAYBILL_CANARY_KEY_FILE',
    unit: 'path',
    zero: 'it shows no certificate',
    doc: 'PEM file with the private key of that certificate.',
  }),
  refusalsPerSecond: integer({
    env: 'WAYBILL_REFUSALS_PER_SECOND',
    default: 50,
    min: 0,
    max: 10_000,
    unit: 'records/s',
    zero: 'none are recorded; those in memory are',
    doc: 'Most refusals of users that are newly recorded in a second; the rest are counted. The same refusal of a user by a rule for a topic is one record that grows.',
  }),
  ...otlpOptions,
} as const;
