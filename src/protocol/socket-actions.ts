import { ACTION, ANYTHING, EPOCH, HEAD, type JsonSchema, listOf, MILLISECONDS, MSG_ID, SEQ, shape, TEXT, TOPIC } from './json-schema.js';
import { LIMITS } from './limits.js';

/** An action that a client may send, as the AsyncAPI document describes it. */
export interface SocketAction {
  readonly summary: string;
  /** Schema of the frame's `data`. */
  readonly data: JsonSchema;
  /** Schema of the reply's `data`; undefined: the reply has none. */
  readonly reply?: JsonSchema;
}

const POSITION = { topic: TOPIC, epoch: EPOCH, seq: { ...SEQ, minimum: 0 } } as const;
const RECEIPT = shape({ topic: TOPIC, epoch: EPOCH, seq: SEQ, msg_id: MSG_ID, 'duplicate?': { type: 'boolean' } });
const SUBSCRIBED_TOPICS = listOf(
  shape({
    topic: TOPIC,
    'epoch?': EPOCH,
    'head?': HEAD,
    'recovered?': { type: 'boolean' },
    'count?': { type: 'integer' },
    'code?': TEXT,
    'message?': TEXT,
    'rule?': TEXT,
  }),
);
const SUBSCRIBED = shape({ topics: SUBSCRIBED_TOPICS });

/** A topic message as subscribers and history get it. */
export const ENVELOPE = {
  version: TEXT,
  msg_id: MSG_ID,
  timestamp: MILLISECONDS,
  'client_timestamp?': MILLISECONDS,
  action: ACTION,
  topic: TOPIC,
  epoch: EPOCH,
  seq: SEQ,
  'trace?': { ...TEXT, description: 'W3C traceparent of the publish.' },
  data: ANYTHING,
} as const;

/** A token, or the three others. */
const CREDENTIAL = { 'token?': TEXT, 'device?': TEXT, 'nonce?': TEXT, 'proof?': TEXT } as const;

/** Every built-in action. An application may declare more. */
export const SOCKET_ACTIONS: Readonly<Record<string, SocketAction>> = {
  auth: {
    summary: 'First frame, where no token came with the upgrade: a token, or the answer of a device to auth.challenge.',
    data: shape(CREDENTIAL),
    reply: shape({ user: TEXT, roles: listOf(TEXT), 'expires_at?': MILLISECONDS }),
  },
  'auth.refresh': {
    summary: 'Replaces the token by a newer one of the same user, or by a new answer of the device.',
    data: shape(CREDENTIAL),
    reply: shape({ 'expires_at?': MILLISECONDS }),
  },
  'auth.challenge': {
    summary: 'Asks for a challenge that a device answers with auth or auth.refresh; may come before authentication.',
    data: shape({ device: TEXT }),
    reply: shape({ version: TEXT, server: TEXT, connection: TEXT, purpose: TEXT, nonce: TEXT, expires_at: MILLISECONDS }),
  },
  ping: { summary: 'Asks for a sign of life; the reply repeats the data.', data: ANYTHING, reply: shape({ server_time: MILLISECONDS }) },
  'topic.subscribe': {
    summary: 'Subscribes to topics, each from a position where one is given.',
    data: shape({ topics: listOf(shape({ topic: TOPIC, 'epoch?': EPOCH, 'seq?': POSITION.seq, 'ack?': { type: 'boolean' } })) }),
    reply: SUBSCRIBED,
  },
  'topic.unsubscribe': { summary: 'Ends subscriptions; nothing of the topics follows the reply.', data: shape({ topics: listOf(TOPIC) }) },
  'topic.publish': {
    summary: 'Publishes; the reply comes when the message is stored.',
    data: shape({ topic: TOPIC, 'action?': ACTION, data: ANYTHING }),
    reply: RECEIPT,
  },
  'topic.ack': { summary: 'Acknowledges everything up to a position.', data: shape({ topic: TOPIC, seq: SEQ }) },
  resume: {
    summary:
      'Subscribes again after a reconnect, the server’s own topics included: what is named, and with the session of the connection before all that it had.',
    data: shape({
      'session?': { ...TEXT, description: 'Session of the connection before, as its welcome named it. Topics may be left out then.' },
      'topics?': listOf(shape({ topic: TOPIC, 'epoch?': EPOCH, 'seq?': POSITION.seq, 'ack?': { type: 'boolean' } })),
    }),
    reply: shape({ topics: SUBSCRIBED_TOPICS, 'resumed_from?': { ...TEXT, description: 'The node that had the session.' } }),
  },
  'topic.history': {
    summary: 'Reads stored messages.',
    data: shape({
      topic: TOPIC,
      'after?': { type: 'integer', minimum: 0 },
      'before?': { type: 'integer', minimum: 0 },
      limit: { type: 'integer', minimum: 1, maximum: LIMITS.historyPage },
    }),
    reply: shape({ epoch: EPOCH, head: HEAD, messages: listOf(shape(ENVELOPE), LIMITS.historyPage) }),
  },
  'topic.presence': {
    summary: 'Asks who is subscribed.',
    data: shape({ topic: TOPIC }),
    reply: shape({
      users: { type: 'integer' },
      connections: { type: 'integer' },
      'partial?': { type: 'boolean' },
      members: listOf(shape({ user: TEXT })),
    }),
  },
  'user.send': { summary: 'Sends to one user.', data: shape({ user: TEXT, 'action?': ACTION, data: ANYTHING }), reply: RECEIPT },
};
