import { cut, cutLines } from '../../telemetry/client-text.js';
import { REDACTED, redactText } from '../../telemetry/redacted-text.js';

const DEEPEST = 5;
const MOST_ITEMS = 50;
const LONGEST_STACK = 4_096;
const LONGEST_MESSAGE = 1_024;

/** Keys whose values never reach a log, however deep they stand: credentials and payloads. Compared without case, `-` and `_`. */
export const SECRET_KEYS: ReadonlySet<string> = new Set([
  'token',
  'accesstoken',
  'refreshtoken',
  'ticket',
  'jwt',
  'jwtsecret',
  'secret',
  'password',
  'newpassword',
  'csrftoken',
  'xcsrftoken',
  'apikey',
  'xapikey',
  'key',
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'secwebsocketprotocol',
  'databaseurl',
  'redisurl',
  'data',
  'datatext',
  'payload',
  'body',
]);

/** A message for a log line: without credentials, escaped and cut. */
export function safeMessage(text: string): string {
  return cut(redactText(text), LONGEST_MESSAGE);
}

/** A copy fit for a log line: credentials and payloads redacted, text escaped and cut, depth and length bounded. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cut(redactText(value));
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
  if (value instanceof Error) return redactError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= DEEPEST) return '[deeper]';
  if (Array.isArray(value)) return redactList(value, depth);
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_ITEMS)
      .map(([key, item]) => [cut(key), isSecret(key) ? REDACTED : redact(item, depth + 1)]),
  );
}

function redactList(list: readonly unknown[], depth: number): readonly unknown[] {
  const kept = list.slice(0, MOST_ITEMS).map((item) => redact(item, depth + 1));
  return list.length > MOST_ITEMS ? [...kept, `… ${list.length - MOST_ITEMS} more`] : kept;
}

/** Names of OpenTelemetry's log conventions are kept by the reader's tools: type, message, stack. */
function redactError(error: Error, depth: number): Readonly<Record<string, unknown>> {
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: safeMessage(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: cutLines(redactText(error.stack), LONGEST_STACK) }),
    ...(error.cause === undefined || depth >= DEEPEST ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}

function isSecret(key: string): boolean {
  return SECRET_KEYS.has(key.toLowerCase().replace(/[-_]/g, ''));
}
