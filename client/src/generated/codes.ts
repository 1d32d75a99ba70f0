// Generated from the server's registries by `npm run docs`. Do not edit.

/** Every code that a reply or a REST answer may carry: its HTTP status, and what a caller may do after it. */
export const ERROR_CODES = {
  OK: { http: 200, retry: 'none' },
  BAD_REQUEST: { http: 400, retry: 'never' },
  UNAUTHENTICATED: { http: 401, retry: 'with-new-token' },
  TOKEN_EXPIRED: { http: 401, retry: 'with-new-token' },
  PERMISSION_DENIED: { http: 403, retry: 'never' },
  NOT_FOUND: { http: 404, retry: 'never' },
  UNKNOWN_ACTION: { http: 404, retry: 'never' },
  METHOD_NOT_ALLOWED: { http: 405, retry: 'never' },
  TIMEOUT: { http: 408, retry: 'never' },
  CONFLICT: { http: 409, retry: 'never' },
  HISTORY_GONE: { http: 410, retry: 'never' },
  PAYLOAD_TOO_LARGE: { http: 413, retry: 'never' },
  UNSUPPORTED_MEDIA_TYPE: { http: 415, retry: 'never' },
  UPGRADE_REQUIRED: { http: 426, retry: 'use-upgrade' },
  LIMIT_EXCEEDED: { http: 429, retry: 'after-delay' },
  RATE_LIMITED: { http: 429, retry: 'after-delay' },
  INTERNAL: { http: 500, retry: 'once' },
  UNAVAILABLE: { http: 503, retry: 'after-delay' },
  DRAINING: { http: 503, retry: 'after-delay' },
  DEADLINE_EXCEEDED: { http: 504, retry: 'never' },
  UNKNOWN_OUTCOME: { http: 504, retry: 'same-msg-id' },
} as const;

/** Code of a reply or a REST answer. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Every close code that the gateway sends. */
export const CLOSE_CODES = {
  NORMAL: 1000,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  INVALID_PAYLOAD: 1007,
  POLICY_VIOLATION: 1008,
  TOO_BIG: 1009,
  INTERNAL_ERROR: 1011,
  NODE_DRAINING: 1012,
  DISCONNECTED: 4400,
  TOKEN_EXPIRED: 4401,
  NO_AUTH: 4402,
  SLOW_CONSUMER: 4408,
  NO_PONG: 4409,
  STATE_LOST: 4412,
  CONNECTION_LIMIT: 4414,
  RATE_LIMITED: 4429,
  WRITE_STALLED: 4450,
  DISCONNECTED_FOR_GOOD: 4500,
  INVALID_TOKEN: 4501,
  FORBIDDEN: 4503,
  REPLACED: 4505,
  BAD_FRAMES: 4513,
} as const;

/** Name of a close code. */
export type CloseName = keyof typeof CLOSE_CODES;
