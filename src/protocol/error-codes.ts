/** What a caller may do after a refusal. Clients need no table of codes: the rule travels with the code. */
export type RetryRule = 'none' | 'never' | 'with-new-token' | 'after-delay' | 'once' | 'same-msg-id' | 'use-upgrade';

export interface ErrorDefinition {
  /** HTTP status that REST and refused upgrades answer with. */
  readonly http: number;
  readonly retry: RetryRule;
  /** What it means and what to do, in one sentence; printed in docs/errors.md. */
  readonly meaning: string;
}

/**
 * Every code that a reply or a REST answer may carry. A code is never re-used and never changes its meaning.
 * docs/errors.md and the client's constants are generated from this table.
 */
export const ERRORS = {
  OK: { http: 200, retry: 'none', meaning: 'The request was carried out.' },
  BAD_REQUEST: { http: 400, retry: 'never', meaning: 'The request is malformed; the message names the field and what it should be.' },
  UNAUTHENTICATED: { http: 401, retry: 'with-new-token', meaning: 'No credential was given, or it is not valid; get a new token.' },
  TOKEN_EXPIRED: { http: 401, retry: 'with-new-token', meaning: 'The token was valid once and is past its expiry; get a new token.' },
  PERMISSION_DENIED: { http: 403, retry: 'never', meaning: 'The credential does not allow this; the message says which rule refused.' },
  NOT_FOUND: { http: 404, retry: 'never', meaning: 'There is nothing at this address.' },
  UNKNOWN_ACTION: { http: 404, retry: 'never', meaning: 'No handler declares this action; the message names it.' },
  METHOD_NOT_ALLOWED: { http: 405, retry: 'never', meaning: 'The path exists, but not for this HTTP method; see the Allow header.' },
  TIMEOUT: { http: 408, retry: 'never', meaning: 'The request did not arrive completely in time.' },
  CONFLICT: {
    http: 409,
    retry: 'never',
    meaning:
      'It contradicts what is there: this msg_id was already used by this publisher on this topic for a different body, or somebody else changed it meanwhile.',
  },
  HISTORY_GONE: {
    http: 410,
    retry: 'never',
    meaning: 'The history asked for is past its retention; start from the floor that the message names.',
  },
  PAYLOAD_TOO_LARGE: { http: 413, retry: 'never', meaning: 'The body or frame is over the limit that the message names.' },
  UNSUPPORTED_MEDIA_TYPE: { http: 415, retry: 'never', meaning: 'Send application/json in UTF-8.' },
  UPGRADE_REQUIRED: {
    http: 426,
    retry: 'use-upgrade',
    meaning: 'This path speaks WebSocket; connect with an Upgrade request, version 13.',
  },
  LIMIT_EXCEEDED: { http: 429, retry: 'after-delay', meaning: 'A limit was reached; the message names the limit and its option.' },
  RATE_LIMITED: { http: 429, retry: 'after-delay', meaning: 'Too many requests; wait retry_after_ms.' },
  INTERNAL: { http: 500, retry: 'once', meaning: 'A defect in the server; report it with the trace_id.' },
  UNAVAILABLE: {
    http: 503,
    retry: 'after-delay',
    meaning: 'Something this request needs is down or overloaded; nothing was stored; wait retry_after_ms.',
  },
  DRAINING: { http: 503, retry: 'after-delay', meaning: 'This node is shutting down or being drained; reconnect and reach another one.' },
  DEADLINE_EXCEEDED: { http: 504, retry: 'never', meaning: 'The handler of this action took longer than its deadline.' },
  UNKNOWN_OUTCOME: {
    http: 504,
    retry: 'same-msg-id',
    meaning:
      'The connection to what stores it, the database or Redis, broke after the publish was sent; repeat it with the same msg_id to learn its position.',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;
