import { integer, optionalText, ratio } from '../option.js';

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
  otlpEndpoint: optionalText({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    unit: 'URL',
    zero: 'spans stay in memory',
    doc: 'OTLP collector that traces are sent to (http/protobuf), for example http://127.0.0.1:4318.',
    check: (value) => (URL.canParse(value) ? undefined : 'must be a URL such as http://127.0.0.1:4318'),
  }),
} as const;
