import {
  ATTR_ACTION,
  ATTR_BATCH_BYTES,
  ATTR_CLIENT_ADDRESS,
  ATTR_CLOSE_CODE,
  ATTR_CLOSE_INITIATOR,
  ATTR_CLOSE_REASON,
  ATTR_CONNECTION_DURATION,
  ATTR_CONNECTION_ID,
  ATTR_CONNECTION_REF,
  ATTR_DELIVERY_BYTES,
  ATTR_DELIVERY_OUTCOME,
  ATTR_DELIVERY_QUEUE_TIME,
  ATTR_DOOR,
  ATTR_DUPLICATE,
  ATTR_DURABLE,
  ATTR_EPOCH,
  ATTR_ERROR_TYPE,
  ATTR_FANOUT_DROPPED,
  ATTR_FANOUT_QUEUED,
  ATTR_FANOUT_RECIPIENTS,
  ATTR_FANOUT_WRITTEN,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_MESSAGING_BATCH_MESSAGE_COUNT,
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_DESTINATION_TEMPLATE,
  ATTR_MESSAGING_MESSAGE_BODY_SIZE,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
  ATTR_PROBE,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_RESULT,
  ATTR_SEQ,
  ATTR_URL_PATH,
  ATTR_USER,
  ATTR_USER_AGENT_ORIGINAL,
} from './semconv.js';

/** A kind of span, as docs/telemetry.md shows it. */
export interface SpanDefinition {
  /** `{ns}` stands for a namespace, `{action}` for a declared action, `{method}` and `{route}` for those of HTTP. */
  readonly name: string;
  readonly kind: 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER' | 'INTERNAL';
  readonly parent: string;
  readonly links: string;
  readonly ends: string;
  /** What decides whether it is traced. */
  readonly sampled: string;
  readonly attributes: readonly string[];
}

const BY_RATE = 'always, up to monitoring.traceRate a second; beyond that by monitoring.traceRatio';
const BY_RATIO = 'monitoring.traceRatio, and at least one a second';
const TO_HANDSHAKE = 'the handshake of its connection';
const MESSAGE = [ATTR_MESSAGING_SYSTEM, ATTR_MESSAGING_OPERATION_NAME, ATTR_MESSAGING_DESTINATION_TEMPLATE];
const OUTCOME = [ATTR_RESULT, ATTR_ERROR_TYPE];
/** Everything that a probe can watch. */
const WATCHED = [ATTR_PROBE];

/** Every span of our own. docs/telemetry.md is generated from it; a test compares it with what is recorded. */
export const SPANS = {
  handshake: {
    name: 'GET {route}',
    kind: 'SERVER',
    parent: "the peer's own traceparent, where everybody is trusted; else none",
    links: "the peer's own traceparent, where it is not followed",
    ends: 'at 101, or at the refusal',
    sampled: BY_RATE,
    attributes: [
      ATTR_CONNECTION_ID,
      ATTR_CONNECTION_REF,
      ATTR_HTTP_REQUEST_METHOD,
      ATTR_HTTP_ROUTE,
      ATTR_HTTP_RESPONSE_STATUS_CODE,
      ATTR_URL_PATH,
      ATTR_NETWORK_PROTOCOL_NAME,
      ATTR_CLIENT_ADDRESS,
      ATTR_USER_AGENT_ORIGINAL,
      ...WATCHED,
      ...OUTCOME,
    ],
  },
  command: {
    name: '{action}',
    kind: 'SERVER',
    parent: 'none',
    links: `${TO_HANDSHAKE}; the client's own traceparent`,
    ends: 'when the reply is ready',
    sampled: `${BY_RATIO}; ping never`,
    attributes: [ATTR_CONNECTION_ID, ATTR_ACTION, ATTR_MESSAGING_MESSAGE_ID, ...WATCHED, ...OUTCOME],
  },
  subscribe: {
    name: 'subscribe {ns}',
    kind: 'SERVER',
    parent: 'none',
    links: TO_HANDSHAKE,
    ends: 'when the reply is ready',
    sampled: BY_RATIO,
    attributes: [ATTR_CONNECTION_ID, ATTR_ACTION, ATTR_MESSAGING_MESSAGE_ID, ATTR_MESSAGING_DESTINATION_TEMPLATE, ...WATCHED, ...OUTCOME],
  },
  history: {
    name: 'history {ns}',
    kind: 'SERVER',
    parent: 'none',
    links: TO_HANDSHAKE,
    ends: 'when the reply is ready',
    sampled: BY_RATIO,
    attributes: [ATTR_CONNECTION_ID, ATTR_ACTION, ATTR_MESSAGING_MESSAGE_ID, ATTR_MESSAGING_DESTINATION_TEMPLATE, ...WATCHED, ...OUTCOME],
  },
  publish: {
    name: 'publish {ns}',
    kind: 'SERVER',
    parent:
      "by REST the request; in a handler of your own its command; else the envelope's traceparent where everybody is trusted; else none: topic.publish and user.send have no other span",
    links: `${TO_HANDSHAKE}; the publisher's own traceparent, where it is of another trace`,
    ends: 'when it is stored, or refused',
    sampled: BY_RATIO,
    attributes: [
      ...MESSAGE,
      ATTR_CONNECTION_ID,
      ATTR_MESSAGING_DESTINATION_NAME,
      ATTR_MESSAGING_MESSAGE_ID,
      ATTR_MESSAGING_MESSAGE_BODY_SIZE,
      ATTR_DOOR,
      ATTR_DURABLE,
      ATTR_EPOCH,
      ATTR_SEQ,
      ATTR_DUPLICATE,
      ...WATCHED,
      ...OUTCOME,
    ],
  },
  append: {
    name: 'append',
    kind: 'CLIENT',
    parent: 'the publish, where only one traced publish shares the commit',
    links: 'the publishes, where several do',
    ends: 'at the commit',
    sampled: 'with its publishes',
    attributes: [ATTR_MESSAGING_BATCH_MESSAGE_COUNT, ATTR_BATCH_BYTES, ...OUTCOME],
  },
  send: {
    name: 'send {ns}',
    kind: 'PRODUCER',
    parent: 'the publish',
    links: 'none',
    ends: 'when the bus has it',
    sampled: 'with its publish',
    attributes: [...MESSAGE, ATTR_MESSAGING_OPERATION_TYPE, ...OUTCOME],
  },
  deliver: {
    name: 'deliver {ns}',
    kind: 'CONSUMER',
    parent: "the publish, carried by the bus; of a message by SQL the transaction's traceparent, where keys are trusted",
    links: 'none',
    ends: 'when the last write is queued',
    sampled: 'with its publish',
    attributes: [
      ...MESSAGE,
      ATTR_MESSAGING_OPERATION_TYPE,
      ATTR_MESSAGING_DESTINATION_NAME,
      ATTR_MESSAGING_MESSAGE_ID,
      ATTR_SEQ,
      ATTR_FANOUT_RECIPIENTS,
      ATTR_FANOUT_WRITTEN,
      ATTR_FANOUT_QUEUED,
      ATTR_FANOUT_DROPPED,
      ...WATCHED,
      ...OUTCOME,
    ],
  },
  deliverConnection: {
    name: 'deliver connection',
    kind: 'INTERNAL',
    parent: 'the delivery of its message on this node',
    links: 'none',
    ends: 'when the socket took it, or never will',
    sampled: 'only under a probe, up to probes.spansPerSecond',
    attributes: [
      ATTR_CONNECTION_ID,
      ATTR_CONNECTION_REF,
      ATTR_USER,
      ATTR_MESSAGING_DESTINATION_NAME,
      ATTR_MESSAGING_MESSAGE_ID,
      ATTR_SEQ,
      ATTR_DELIVERY_BYTES,
      ATTR_DELIVERY_OUTCOME,
      ATTR_DELIVERY_QUEUE_TIME,
    ],
  },
  closeByPeer: {
    name: 'close',
    kind: 'CONSUMER',
    parent: 'none',
    links: TO_HANDSHAKE,
    ends: 'at once; the client or the network ended the connection',
    sampled: BY_RATE,
    attributes: [
      ATTR_CONNECTION_ID,
      ATTR_CONNECTION_REF,
      ATTR_CONNECTION_DURATION,
      ATTR_CLOSE_CODE,
      ATTR_CLOSE_REASON,
      ATTR_CLOSE_INITIATOR,
      ...WATCHED,
    ],
  },
  closeByServer: {
    name: 'close',
    kind: 'PRODUCER',
    parent: 'none',
    links: TO_HANDSHAKE,
    ends: 'at once; this server ended the connection',
    sampled: BY_RATE,
    attributes: [
      ATTR_CONNECTION_ID,
      ATTR_CONNECTION_REF,
      ATTR_CONNECTION_DURATION,
      ATTR_CLOSE_CODE,
      ATTR_CLOSE_REASON,
      ATTR_CLOSE_INITIATOR,
      ...WATCHED,
    ],
  },
  request: {
    name: '{method} {route}',
    kind: 'SERVER',
    parent: "the caller's own traceparent, where the caller is trusted: see below; else none",
    links: "the caller's own traceparent, where it is not followed",
    ends: 'with the response',
    sampled: `${BY_RATE}; health checks never`,
    attributes: [ATTR_HTTP_REQUEST_METHOD, ATTR_HTTP_ROUTE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_URL_PATH, ATTR_CLIENT_ADDRESS, ...OUTCOME],
  },
} as const satisfies Readonly<Record<string, SpanDefinition>>;

/**
 * What stands beside them. The HTTP instrumentation is left out on purpose: our own request and handshake spans would stand twice,
 * and it does not see upgrades.
 */
export const INSTRUMENTATIONS = [
  {
    package: '@opentelemetry/instrumentation-pg',
    spans: 'pg.query:*',
    note: 'Database calls under a span of our own; statements without their values. Needs the preload.',
  },
] as const;
