import { LIMITS, SUPPORTED_VERSIONS } from './limits.js';
import { Refusal } from './refusal.js';

/** A decoded frame from a client: what every action handler gets, beside the source text it came from. */
export interface ClientFrame {
  readonly msgId: string | undefined;
  readonly action: string;
  readonly data: unknown;
  /** W3C traceparent the client sent: handed to subscribers, and linked unless everybody is trusted. */
  readonly trace: string | undefined;
  /** The client's own clock, milliseconds since the epoch. */
  readonly clientTimestamp: number | undefined;
  /** The frame as it came: payloads are cut from it, so that they are stored as they were written. */
  readonly text: string;
}

/** Prefixes that a publisher may not use for its own events: they are the server's. */
const RESERVED_PREFIXES = ['auth.', 'topic.', 'sys.', 'presence.', 'session.'];
const RESERVED_NAMES: ReadonlySet<string> = new Set(['auth', 'ping', 'welcome', 'reply', 'resume', 'user.send']);
const ACTION = /^[A-Za-z0-9_$][A-Za-z0-9_.:$/-]*$/;
/** W3C Trace Context section 3.2: version ff and ids of zeros are not valid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Default event name of a publish that names none. */
export const DEFAULT_EVENT = 'message';

export function isReservedAction(action: string): boolean {
  return RESERVED_NAMES.has(action) || RESERVED_PREFIXES.some((prefix) => action.startsWith(prefix));
}

/** Checks the event name a publisher chose; an absent one becomes `message`. */
export function requireEventName(value: unknown, field: string): string {
  if (value === undefined) return DEFAULT_EVENT;
  const action = requireAction(value, field);
  if (isReservedAction(action)) {
    throw Refusal.badRequest(
      field,
      `"${action}" is the server's; choose a name outside ${RESERVED_PREFIXES.join(' ')} and the built-in actions`,
    );
  }
  return action;
}

export function requireAction(value: unknown, field: string): string {
  if (typeof value !== 'string') throw Refusal.badRequest(field, 'must be a string');
  if (value.length > LIMITS.actionLength || !ACTION.test(value)) {
    throw Refusal.badRequest(field, `must be up to ${LIMITS.actionLength} characters of letters, digits and . : _ - / $`);
  }
  return value;
}

export function requireMsgId(value: unknown, field: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length === 0 || value.length > LIMITS.msgIdLength) {
    throw Refusal.badRequest(field, `must be a string of 1 to ${LIMITS.msgIdLength} characters`);
  }
  if (/[\p{Cc}\p{Cs}]/u.test(value)) throw Refusal.badRequest(field, 'must not contain control characters');
  return value;
}

/** A well-formed traceparent, or undefined: an ill-formed one is dropped, never an error (W3C Trace Context section 3.2). */
export function traceparentOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined;
}

/** Checks the outer shape of a parsed client frame. */
export function requireClientFrame(value: unknown, text: string): ClientFrame {
  if (!isRecord(value)) throw Refusal.badRequest('frame', 'must be a JSON object');
  const { version, timestamp } = value;
  if (version !== undefined && !(typeof version === 'string' && SUPPORTED_VERSIONS.includes(version))) {
    throw Refusal.badRequest('version', `not supported; this server speaks ${SUPPORTED_VERSIONS.map((name) => `"${name}"`).join(' and ')}`);
  }
  if (timestamp !== undefined && !Number.isSafeInteger(timestamp)) {
    throw Refusal.badRequest('timestamp', 'must be an integer, milliseconds since the epoch');
  }
  return {
    msgId: requireMsgId(value['msg_id'], 'msg_id'),
    action: requireAction(value['action'], 'action'),
    data: value['data'],
    trace: traceparentOrNothing(value['trace']),
    clientTimestamp: timestamp as number | undefined,
    text,
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
