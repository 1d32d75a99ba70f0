import { LATENCY_SECONDS, LIFETIME_SECONDS } from './buckets.js';
import { ACTIONS, AUTH_METHODS, CLOSE_REASONS, COMMAND_RESULTS, DEVICE_KEYS, INITIATORS, RATE_SCOPES, RESULTS } from './label-values.js';
import { closed, declared, type MetricDefinition } from './metric-definition.js';

const ACTION = declared('A declared action, or `unknown`.', ...ACTIONS);

/** Handshakes, connections and the commands they send. */
export const CONNECTION_METRICS = {
  connections: {
    name: 'waybill_connections',
    type: 'gauge',
    unit: 'connections',
    help: 'Connections that are open now; a sudden fall is a network or a deploy, a saw-tooth is clients that reconnect.',
    labels: { transport: closed('How the client is connected.', 'websocket', 'sse') },
  },
  connectionsOpened: {
    name: 'waybill_connections_opened_total',
    type: 'counter',
    unit: 'connections',
    help: 'Connections that were authenticated and opened; compare its rate with the closed ones to see churn.',
    labels: {},
  },
  connectionsClosed: {
    name: 'waybill_connections_closed_total',
    type: 'counter',
    unit: 'connections',
    help: 'Connections that ended, once each, by who ended them and why; slow consumer, no pong and abnormal are the ones to look into.',
    labels: {
      initiator: closed('Who ended it: the client, this server, or the network.', ...INITIATORS),
      reason: closed('Reason of the close-code registry; `other` for codes that are not in it.', ...CLOSE_REASONS, 'other'),
    },
    zero: [
      ['server', CLOSE_REASONS],
      ['client', ['normal', 'going away', 'no status', 'other']],
      ['network', 'abnormal'],
    ],
  },
  connectionDuration: {
    name: 'waybill_connection_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How long connections lived when they closed; many short ones mean that clients cannot stay connected.',
    labels: {},
    buckets: LIFETIME_SECONDS,
    exemplars: false,
  },
  handshakes: {
    name: 'waybill_handshakes_total',
    type: 'counter',
    unit: 'handshakes',
    help: 'Upgrade requests by how they ended; everything but OK was refused before a connection existed.',
    labels: { result: closed('Code of the error registry.', ...RESULTS) },
  },
  handshakeDuration: {
    name: 'waybill_handshake_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from an accepted upgrade request to its 101; the objective is 1 s for 99 %.',
    labels: {},
    buckets: LATENCY_SECONDS,
    exemplars: true,
  },
  authDuration: {
    name: 'waybill_auth_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time to check a credential; API keys and tickets may need the database, tokens only a signature.',
    labels: { method: closed('How the credential came.', ...AUTH_METHODS) },
    buckets: LATENCY_SECONDS,
    exemplars: false,
  },
  deviceAnswers: {
    name: 'waybill_device_answers_total',
    type: 'counter',
    unit: 'answers',
    help: 'Answers of devices to challenges; those of previous keys must have ended before the overlap of a rotation has, and a rise of refusals is clocks, keys or somebody who tries.',
    labels: {
      key: closed('Which key of the device made the proof; `none` for answers that were refused.', ...DEVICE_KEYS),
      result: closed('Code of the error registry.', ...RESULTS),
    },
    zero: [
      [['current', 'previous'], 'OK'],
      ['none', ['UNAUTHENTICATED', 'UNAVAILABLE']],
    ],
  },
  commands: {
    name: 'waybill_commands_total',
    type: 'counter',
    unit: 'commands',
    help: 'Frames that clients sent, by action and by the code of the reply; a rise of one code names the cause.',
    labels: { action: ACTION, result: closed('Code of the error registry.', ...RESULTS) },
    zero: [
      [ACTIONS.filter((action) => action !== 'unknown'), COMMAND_RESULTS],
      ['unknown', ['UNKNOWN_ACTION', 'BAD_REQUEST']],
    ],
  },
  commandDuration: {
    name: 'waybill_command_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from a decoded frame to its reply; a publish waits for the commit, everything else should be quick.',
    labels: { action: ACTION },
    buckets: LATENCY_SECONDS,
    exemplars: true,
  },
  receivedBytes: {
    name: 'waybill_received_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Payload bytes of the frames that came from sockets, inflated.',
    labels: {},
  },
  sentBytes: {
    name: 'waybill_sent_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes handed to sockets.',
    labels: {},
  },
  sendQueueBytes: {
    name: 'waybill_send_queue_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes that wait in this process behind slow sockets, over all connections; zero when every peer keeps up.',
    labels: {},
  },
  sendQueueMaxBytes: {
    name: 'waybill_send_queue_max_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes that wait for the worst connection; at gateway.queueBytes the slow policy of the namespace acts.',
    labels: {},
  },
  sendQueueOldest: {
    name: 'waybill_send_queue_oldest_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the oldest waiting byte has waited; at gateway.writeStallMs its connection is closed.',
    labels: {},
  },
  slowConnections: {
    name: 'waybill_slow_connections',
    type: 'gauge',
    unit: 'connections',
    help: 'Connections that have something waiting now; a few are ordinary, many are a network or a too busy topic.',
    labels: {},
  },
  pingRoundTrip: {
    name: 'waybill_ping_rtt_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Round trip of pings to clients: the network and the client together, not the gateway.',
    labels: {},
    buckets: LATENCY_SECONDS,
    exemplars: false,
  },
  rateLimited: {
    name: 'waybill_rate_limited_total',
    type: 'counter',
    unit: 'refusals',
    help: 'Refusals because somebody asked too much, by what was limited; the refusal names its option.',
    labels: { scope: closed('What was limited.', ...RATE_SCOPES, 'other') },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
