import { ANYTHING, EPOCH, HEAD, type JsonSchema, listOf, MILLISECONDS, SEQ, shape, TEXT, TOPIC } from './json-schema.js';

/** A frame of the server's own, as the AsyncAPI document describes it. Replies and topic messages are described apart. */
export interface ServerFrame {
  readonly summary: string;
  /** Schema of the frame's `data`. */
  readonly data: JsonSchema;
}

const COUNT: JsonSchema = { type: 'integer', minimum: 0 };
const PRESENCE = shape({ users: listOf(TEXT), users_count: COUNT, connections_count: COUNT });

/** Every frame that the server sends of its own accord. */
export const SERVER_FRAMES: Readonly<Record<string, ServerFrame>> = {
  welcome: {
    summary: 'After authentication; ref is what to read out to support.',
    data: shape({
      connection_id: TEXT,
      ref: TEXT,
      user: TEXT,
      'expires_at?': MILLISECONDS,
      ping_interval_ms: COUNT,
      server_time: MILLISECONDS,
      limits: ANYTHING,
      'node?': TEXT,
      'session?': { ...TEXT, description: 'To go on with after this connection, by resume; only this user can.' },
      'server_topics?': listOf(TOPIC),
    }),
  },
  'presence.join': { summary: 'Users who came to a topic.', data: PRESENCE },
  'presence.leave': { summary: 'Users who left a topic.', data: PRESENCE },
  'topic.gap': { summary: 'Messages that live delivery will not bring.', data: shape({ topic: TOPIC, from: SEQ, to: SEQ, reason: TEXT }) },
  'topic.reset': { summary: 'The topic begins again in a new epoch.', data: shape({ topic: TOPIC, epoch: EPOCH, 'head?': HEAD }) },
  'topic.unsubscribed': {
    summary: 'The server ended a subscription, as after a refresh with fewer rights.',
    data: shape({ topic: TOPIC, code: TEXT }),
  },
  'auth.expiring': { summary: 'The token is about to expire; refresh it.', data: shape({ 'expires_at?': MILLISECONDS }) },
  'sys.reconnect': { summary: 'Reconnect after a while: this node is going away.', data: shape({ after_ms: COUNT, reason: TEXT }) },
  'sys.closing': {
    summary: 'Just before a close frame.',
    data: shape({ code: { type: 'integer' }, reason: TEXT, 'retry_after_ms?': COUNT, ref: TEXT }),
  },
};
