import { knownErrorCode } from './errors.js';
import type { ErrorCode } from './generated/codes.js';
import type { Message } from './message.js';

/** Where the server does not say: what the protocol has for granted. */
const FRAME_BYTES = 65_536;

/** The first frame of a connection that was let in. */
export interface Welcome {
  readonly connectionId: string;
  /** Short name of the connection, to read to the operators. */
  readonly ref: string;
  readonly user: string | undefined;
  readonly node: string | undefined;
  /** Milliseconds between the server's pings; 0: it sends none. */
  readonly pingIntervalMs: number;
  /** The server's clock, milliseconds since the epoch. */
  readonly serverTime: number | undefined;
  /** When the token expires, on the server's clock. */
  readonly expiresAt: number | undefined;
  /** Names what this connection is subscribed to, for the next one to go on with; undefined: the server keeps no sessions. */
  readonly session: string | undefined;
  /** Most bytes of a frame of ours. */
  readonly frameBytes: number;
  /** Whether the server subscribes the connection to the user's own topic and to `$all`; not for operators. */
  readonly hasServerTopics: boolean;
}

export interface Reply {
  readonly replyTo: string | undefined;
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: unknown;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** A frame of the server's own that is neither of the others: `topic.gap`, `presence.join`, `sys.closing` … */
export interface Notice {
  /** Its name. */
  readonly action: string;
  /** The topic it speaks of, where it speaks of one. */
  readonly topic: string | undefined;
  /** The rest of it, as the protocol lists it. */
  readonly data: Fields;
}

export type ServerFrame =
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'garbage'; readonly problem: string };

export type Fields = Readonly<Record<string, unknown>>;

/** Reads what the server sent. Never throws: what cannot be read is `garbage`, with the reason. */
export function decodeServerFrame(payload: unknown): ServerFrame {
  if (typeof payload !== 'string') return garbage('a binary frame');
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return garbage('a frame that is not JSON');
  }
  if (!isFields(value) || typeof value['action'] !== 'string') return garbage('a frame without an action');
  // A frame with a position is a message whatever its name: publishers choose names, never control frames.
  if (value['seq'] !== undefined) return messageFrame(value);
  if (value['action'] === 'reply') return { kind: 'reply', reply: replyOf(value) };
  const data = isFields(value['data']) ? value['data'] : {};
  if (value['action'] === 'welcome') return welcomeFrame(data);
  return { kind: 'notice', notice: { action: value['action'], topic: text(value['topic']) ?? text(data['topic']), data } };
}

/** A topic message, or undefined where a part of its position or name is missing. */
export function messageOf(value: unknown): Message | undefined {
  if (!isFields(value)) return undefined;
  const [topic, epoch, seq] = [text(value['topic']), text(value['epoch']), count(value['seq'])];
  if (topic === undefined || epoch === undefined || seq === undefined) return undefined;
  return {
    topic,
    epoch,
    seq,
    msgId: text(value['msg_id']) ?? '',
    action: text(value['action']) ?? 'message',
    data: value['data'],
    timestamp: count(value['timestamp']) ?? 0,
    clientTimestamp: count(value['client_timestamp']),
    trace: text(value['trace']),
  };
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A whole number from 0 on, or undefined. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function garbage(problem: string): ServerFrame {
  return { kind: 'garbage', problem };
}

function messageFrame(value: Fields): ServerFrame {
  const message = messageOf(value);
  return message === undefined ? garbage('a message without topic, epoch or whole seq') : { kind: 'message', message };
}

function replyOf(value: Fields): Reply {
  return {
    replyTo: text(value['reply_to']),
    code: knownErrorCode(value['code']),
    message: text(value['message']) ?? '',
    data: value['data'],
    field: text(value['field']),
    retryAfterMs: count(value['retry_after_ms']),
  };
}

function welcomeFrame(data: Fields): ServerFrame {
  const [connectionId, ref] = [text(data['connection_id']), text(data['ref'])];
  if (connectionId === undefined || ref === undefined) return garbage('a welcome without connection_id or ref');
  return {
    kind: 'welcome',
    welcome: {
      connectionId,
      ref,
      user: text(data['user']),
      node: text(data['node']),
      pingIntervalMs: count(data['ping_interval_ms']) ?? 0,
      serverTime: count(data['server_time']),
      expiresAt: count(data['expires_at']),
      session: text(data['session']),
      frameBytes: (isFields(data['limits']) ? count(data['limits']['frame_bytes']) : undefined) ?? FRAME_BYTES,
      hasServerTopics: data['server_topics'] === undefined,
    },
  };
}
