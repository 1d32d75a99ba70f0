import { CLOSES, mayReconnect } from '../protocol/close-codes.js';
import { ERRORS, type RetryRule } from '../protocol/error-codes.js';
import { code, markdownTable } from './markdown-table.js';

const RETRY: Readonly<Record<RetryRule, string>> = {
  none: '–',
  never: 'no',
  'with-new-token': 'with a new token',
  'after-delay': 'after `retry_after_ms`',
  once: 'once',
  'same-msg-id': 'yes, with the same `msg_id`',
  'use-upgrade': 'as a WebSocket upgrade',
};

const INTRODUCTION = `# Errors and close codes

REST answers, refused upgrades and socket replies share one registry. A REST body is
\`{"code":"...","message":"...","data":...,"trace_id":"..."}\`, with \`field\` where a field is at fault and \`retry_after_ms\` where
waiting helps; a reply carries the same fields beside \`reply_to\`.`;

const CLOSES_INTRODUCTION = `## Close codes

The number alone decides whether a client reconnects: 1000, 1002, 1003, 1007, 1008, 1009, 1010 and 4500 to 4999 are final; after
any other one it reconnects, with full jitter, honouring \`retry_after_ms\` of \`sys.closing\`.`;

/** docs/errors.md: both registries, as the program uses them. */
export function errorDocument(): string {
  return `${[INTRODUCTION, errorTable(), CLOSES_INTRODUCTION, closeTable()].join('\n\n')}\n`;
}

function errorTable(): string {
  const rows = Object.entries(ERRORS).map(([name, error]) => [code(name), String(error.http), RETRY[error.retry], error.meaning]);
  return `## Error codes\n\n${markdownTable(['code', 'HTTP', 'try again', 'meaning'], rows)}`;
}

function closeTable(): string {
  const rows = Object.values(CLOSES).map((close) => [
    String(close.code),
    close.reason,
    mayReconnect(close.code) ? 'yes' : 'no',
    close.meaning,
  ]);
  return markdownTable(['code', 'reason', 'reconnect', 'meaning'], rows);
}
