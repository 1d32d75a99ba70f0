import type { SchemaObject } from '@nestjs/swagger';
import { ERRORS } from '../../../protocol/error-codes.js';
import { LIMITS } from '../../../protocol/limits.js';

type Schemas = Readonly<Record<string, SchemaObject>>;

const TOPIC_NAME: SchemaObject = { type: 'string', maxLength: LIMITS.topicLength, example: 'orders.42', description: 'Name of the topic.' };
const EPOCH: SchemaObject = { type: 'string', example: 'k3f9', description: "Changes only if the topic's log was lost or reset." };
const SEQ: SchemaObject = {
  type: 'integer',
  minimum: 1,
  example: 13,
  description: 'Position in the log: rises by one, without holes, within an epoch.',
};
const HEAD: SchemaObject = { type: 'integer', minimum: 0, description: 'Highest seq; 0 when empty.' };
const FLOOR: SchemaObject = { type: 'integer', minimum: 0, description: 'Messages up to this seq are gone.' };
const MILLISECONDS: SchemaObject = { type: 'integer', description: 'Milliseconds since the epoch.' };
const MSG_ID: SchemaObject = {
  type: 'string',
  minLength: 1,
  maxLength: LIMITS.msgIdLength,
  description: 'Unique per publisher: a repeat is recognised and not stored twice.',
};
const ACTION: SchemaObject = {
  type: 'string',
  maxLength: LIMITS.actionLength,
  default: 'message',
  example: 'order.submitted',
  description: 'Event name of your choice, outside the built-in names.',
};
const PAYLOAD: SchemaObject = {
  description: 'The payload: any JSON value, passed on as the text that came.',
  nullable: true,
  example: { order_id: 'O20250405001' },
};

const PUBLISH_MEMBERS: Schemas = { action: ACTION, data: PAYLOAD, msg_id: MSG_ID };

const RECEIPT_MEMBERS: Schemas = {
  topic: TOPIC_NAME,
  epoch: EPOCH,
  seq: SEQ,
  msg_id: MSG_ID,
  subscribers: { type: 'integer', minimum: 0, description: 'Connections that were subscribed when it was stored.' },
  duplicate: { type: 'boolean', description: 'Present and true where this msg_id was stored before; the position is the original.' },
};

/** Members of a refusal, beside its trace_id. */
export const REFUSAL_MEMBERS: Schemas = {
  code: { type: 'string', enum: Object.keys(ERRORS) },
  message: { type: 'string', description: 'What is wrong and what to do.' },
  field: { type: 'string', description: 'The field at fault, where one is.' },
  rule: { type: 'string', description: 'The rule that refused, where one did.' },
  retry_after_ms: { type: 'integer', description: 'How long to wait before trying again, in milliseconds.' },
};

export const TRACE_ID: SchemaObject = { type: 'string', description: 'Names this request in logs and traces.' };

export const PUBLISH_BODY = object(PUBLISH_MEMBERS, ['data']);
export const RECEIPT = object(RECEIPT_MEMBERS, ['topic', 'epoch', 'seq', 'msg_id', 'subscribers']);

export const BATCH_BODY = object(
  { messages: list(object({ topic: TOPIC_NAME, ...PUBLISH_MEMBERS }, ['topic', 'data']), LIMITS.batchItems) },
  ['messages'],
);
export const BATCH_ANSWER = object(
  {
    items: list(
      object({ ...REFUSAL_MEMBERS, retry: { type: 'string', description: 'When to try again (errors.md).' }, ...RECEIPT_MEMBERS }, [
        'code',
      ]),
      LIMITS.batchItems,
    ),
  },
  ['items'],
);

const ENVELOPE = object(
  {
    version: { type: 'string', example: '1' },
    msg_id: MSG_ID,
    timestamp: MILLISECONDS,
    client_timestamp: MILLISECONDS,
    action: ACTION,
    topic: TOPIC_NAME,
    epoch: EPOCH,
    seq: SEQ,
    trace: { type: 'string', description: 'W3C traceparent of the publish.' },
    data: PAYLOAD,
  },
  ['version', 'msg_id', 'timestamp', 'action', 'topic', 'epoch', 'seq', 'data'],
);

export const HISTORY = object({ epoch: EPOCH, head: HEAD, messages: list(ENVELOPE, LIMITS.historyPage) }, ['epoch', 'head', 'messages']);
export const TOPIC = object({ topic: TOPIC_NAME, epoch: EPOCH, head: HEAD, floor: FLOOR }, ['topic', 'epoch', 'head', 'floor']);
export const TOPICS = object(
  {
    items: list(
      object({ topic: TOPIC_NAME, epoch: EPOCH, head: HEAD, floor: FLOOR, last_at: MILLISECONDS }, [
        'topic',
        'epoch',
        'head',
        'floor',
        'last_at',
      ]),
      LIMITS.historyPage,
    ),
    as_of: MILLISECONDS,
    next: { type: 'string', description: 'Cursor of the next page; absent on the last.' },
  },
  ['items', 'as_of'],
);
export const DELETED = object({ topic: TOPIC_NAME, deleted: { type: 'boolean' } }, ['topic', 'deleted']);
export const PRESENCE = object(
  {
    users: { type: 'integer', minimum: 0, description: 'Distinct users present.' },
    connections: { type: 'integer', minimum: 0, description: 'Connections present.' },
    partial: { type: 'boolean', description: 'Present and true where only this node could be asked: the others may have more.' },
    members: {
      type: 'array',
      description: 'Oldest first; large topics list the first ones.',
      items: object({ user: { type: 'string' }, connection_id: { type: 'string' }, node: { type: 'string' }, joined_at: MILLISECONDS }, [
        'user',
        'connection_id',
        'node',
        'joined_at',
      ]),
    },
  },
  ['users', 'connections', 'members'],
);

export function object(properties: Schemas, required: readonly string[]): SchemaObject {
  return { type: 'object', properties: { ...properties }, required: [...required] };
}

function list(items: SchemaObject, maxItems: number): SchemaObject {
  return { type: 'array', items, maxItems };
}
