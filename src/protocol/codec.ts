import type { ErrorCode } from './error-codes.js';
import { type ClientFrame, isRecord, requireClientFrame } from './envelope.js';
import { exceedsDepth } from './json-depth.js';
import { PROTOCOL_VERSION } from './limits.js';
import { Refusal } from './refusal.js';

/** A topic message as it leaves the server; `dataText` is the payload's JSON text, passed through untouched. */
export interface TopicEnvelope {
  readonly msgId: string;
  /** Milliseconds since the epoch, set by the server when it accepted the message. */
  readonly timestamp: number;
  readonly action: string;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly dataText: string;
  readonly clientTimestamp?: number | undefined;
  readonly trace?: string | undefined;
}

export interface Reply {
  readonly replyTo: string | undefined;
  readonly code: ErrorCode;
  readonly message: string;
  readonly data?: unknown;
  /** The field at fault, where one is. */
  readonly field?: string | undefined;
  /** The rule or the option that refused. */
  readonly rule?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly trace?: string | undefined;
}

/** Decodes a text frame. Refuses with `BAD_REQUEST` what is not JSON, nests too deep, or lacks the envelope's shape. */
export function decodeFrame(text: string, maxDepth: number): ClientFrame {
  return requireClientFrame(parseJson(text, maxDepth, 'frame'), text);
}

/** Parses JSON from outside: the depth is checked before anything recurses. */
export function parseJson(text: string, maxDepth: number, field: string): unknown {
  if (exceedsDepth(text, maxDepth)) throw Refusal.badRequest(field, `nests deeper than ${maxDepth} levels`);
  try {
    return JSON.parse(text);
  } catch {
    throw Refusal.badRequest(field, 'not valid JSON');
  }
}

/** The `msg_id` of a frame that was refused, so that its reply can still be matched; undefined where it cannot be read. */
export function msgIdOfRefusedFrame(text: string, maxDepth: number): string | undefined {
  if (exceedsDepth(text, maxDepth)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const msgId = isRecord(value) ? value['msg_id'] : undefined;
    return typeof msgId === 'string' && msgId.length <= 64 ? msgId : undefined;
  } catch {
    return undefined;
  }
}

export function encodeReply(reply: Reply): string {
  return JSON.stringify({
    version: PROTOCOL_VERSION,
    action: 'reply',
    reply_to: reply.replyTo,
    timestamp: Date.now(),
    code: reply.code,
    message: reply.message,
    field: reply.field,
    rule: reply.rule,
    retry_after_ms: reply.retryAfterMs,
    data: reply.data,
    trace: reply.trace,
  });
}

/** A frame of the server's own: `welcome`, `topic.gap`, `presence.join`, `sys.closing` … */
export function encodeServerFrame(action: string, data: unknown, fields: { readonly topic?: string } = {}): string {
  return JSON.stringify({ version: PROTOCOL_VERSION, action, timestamp: Date.now(), ...fields, data });
}

/** A topic message. Written by hand, so that the payload's text is copied and never parsed. */
export function encodeTopicMessage(envelope: TopicEnvelope): string {
  const client = envelope.clientTimestamp === undefined ? '' : `,"client_timestamp":${envelope.clientTimestamp}`;
  const trace = envelope.trace === undefined ? '' : `,"trace":"${envelope.trace}"`;
  return (
    `{"version":"${PROTOCOL_VERSION}","msg_id":${JSON.stringify(envelope.msgId)},"timestamp":${envelope.timestamp},` +
    `"action":${JSON.stringify(envelope.action)},"topic":${JSON.stringify(envelope.topic)},"epoch":"${envelope.epoch}",` +
    `"seq":${envelope.seq}${client}${trace},"data":${envelope.dataText}}`
  );
}
