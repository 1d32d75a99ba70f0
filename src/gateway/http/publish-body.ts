import type { FastifyRequest } from 'fastify';
import type { PublishReceipt, PublishRequest } from '../../messaging/publisher.js';
import { isRecord, requireEventName, requireMsgId } from '../../protocol/envelope.js';
import { elementTexts, memberTexts } from '../../protocol/json-slices.js';
import { LIMITS } from '../../protocol/limits.js';
import { Refusal } from '../../protocol/refusal.js';
import { requireTopic } from '../../protocol/topic-name.js';

/** A publish as a body says it; unknown members are ignored. */
export type PublishBody = Pick<PublishRequest, 'action' | 'dataText' | 'msgId'>;

/** One element of a batch: its value, and the text it was parsed from. */
export interface BatchItem {
  readonly value: unknown;
  readonly text: string;
  /** Where it stands in the body, for error fields: `messages[3]`. */
  readonly path: string;
}

/** Reads the body of a single publish. `Idempotency-Key` stands in for `msg_id`. */
export function publishBodyOf(request: FastifyRequest): PublishBody {
  const body = readPublish(request.body, request.bodyText ?? '', '');
  const key = idempotencyKey(request);
  if (key !== undefined && body.msgId !== undefined && key !== body.msgId) {
    throw Refusal.badRequest('Idempotency-Key', 'differs from msg_id; send one of them, or the same in both');
  }
  return { ...body, msgId: body.msgId ?? key };
}

/** Splits the body of a batch. */
export function batchItemsOf(request: FastifyRequest): readonly BatchItem[] {
  if (request.headers['idempotency-key'] !== undefined) {
    throw Refusal.badRequest('Idempotency-Key', 'does not fit a batch; give each message its own msg_id');
  }
  if (!isRecord(request.body)) throw Refusal.badRequest('body', 'must be a JSON object');
  const values = request.body['messages'];
  if (!Array.isArray(values) || values.length === 0 || values.length > LIMITS.batchItems) {
    throw Refusal.badRequest('messages', `must be a list of 1 to ${LIMITS.batchItems} messages`);
  }
  const texts = elementTexts(memberTexts(request.bodyText ?? '').get('messages') ?? '');
  return texts.map((text, index) => ({ value: (values as readonly unknown[])[index], text, path: `messages[${index}]` }));
}

/** Reads one message of a batch. `maxBytes` bounds it as it would bound a body of its own. */
export function readBatchItem(item: BatchItem, maxBytes: number): PublishBody & { readonly topic: string } {
  if (Buffer.byteLength(item.text) > maxBytes) {
    throw new Refusal('PAYLOAD_TOO_LARGE', `${item.path}: over ${maxBytes} bytes (option gateway.frameBytes)`, { field: item.path });
  }
  if (!isRecord(item.value)) throw Refusal.badRequest(item.path, 'must be a JSON object');
  const topic = requireTopic(item.value['topic'], `${item.path}.topic`);
  return { topic, ...readPublish(item.value, item.text, `${item.path}.`) };
}

/** A receipt as answers say it. */
export function receiptAnswer(receipt: PublishReceipt): Readonly<Record<string, unknown>> {
  const { topic, epoch, seq, msgId, subscribers, duplicate } = receipt;
  return { topic, epoch, seq, msg_id: msgId, subscribers, ...(duplicate ? { duplicate } : {}) };
}

function readPublish(value: unknown, text: string, prefix: string): PublishBody {
  if (!isRecord(value)) throw Refusal.badRequest('body', 'must be a JSON object');
  const action = requireEventName(value['action'], `${prefix}action`);
  const msgId = requireMsgId(value['msg_id'], `${prefix}msg_id`);
  const dataText = memberTexts(text).get('data');
  if (dataText === undefined) throw Refusal.badRequest(`${prefix}data`, 'is required: the payload, any JSON value');
  return { action, msgId, dataText };
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const value = request.headers['idempotency-key'];
  if (Array.isArray(value)) throw Refusal.badRequest('Idempotency-Key', 'given more than once');
  return requireMsgId(value, 'Idempotency-Key');
}
