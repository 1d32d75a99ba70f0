export interface CloseDefinition {
  readonly code: number;
  /** Reason sent in the close frame and used as the metric label: at most 123 bytes of UTF-8 (RFC 6455 section 5.5). */
  readonly reason: string;
  /** What it means and what the peer should do; printed in docs/errors.md. */
  readonly meaning: string;
}

/**
 * Every close code the gateway sends. The number alone decides whether a client reconnects (see `mayReconnect`).
 * A number is never re-used. docs/errors.md and the client's constants are generated from this table.
 */
export const CLOSES = {
  NORMAL: { code: 1000, reason: 'normal', meaning: 'The peer asked to close.' },
  PROTOCOL_ERROR: { code: 1002, reason: 'protocol error', meaning: 'A frame broke RFC 6455; the client is faulty.' },
  UNSUPPORTED_DATA: { code: 1003, reason: 'binary frames not supported', meaning: 'waybill.v1 speaks text frames only.' },
  INVALID_PAYLOAD: {
    code: 1007,
    reason: 'invalid payload',
    meaning: 'A text frame was not UTF-8, or a compressed one could not be inflated.',
  },
  POLICY_VIOLATION: {
    code: 1008,
    reason: 'policy violation',
    meaning: 'A limit of the transport was broken, such as too many fragments or pings.',
  },
  TOO_BIG: { code: 1009, reason: 'frame too big', meaning: 'A message was over the frame limit.' },
  INTERNAL_ERROR: { code: 1011, reason: 'internal error', meaning: 'A defect in the server; reconnect.' },
  NODE_DRAINING: {
    code: 1012,
    reason: 'node draining',
    meaning: 'The node is shutting down or being drained; reconnect to reach another one.',
  },
  DISCONNECTED: { code: 4400, reason: 'disconnected by an operator', meaning: 'An operator closed the connection; it may return.' },
  TOKEN_EXPIRED: { code: 4401, reason: 'token expired', meaning: 'The token expired on the open socket; reconnect with a new one.' },
  NO_AUTH: { code: 4402, reason: 'no auth in time', meaning: 'No token came with the upgrade and no auth frame followed in time.' },
  SLOW_CONSUMER: {
    code: 4408,
    reason: 'slow consumer',
    meaning: 'The peer read too slowly and its queue was over budget; reconnect and recover.',
  },
  NO_PONG: { code: 4409, reason: 'no pong', meaning: 'The peer did not answer a ping in time.' },
  STATE_LOST: { code: 4412, reason: 'state lost', meaning: 'The server lost the state of this session; reconnect and subscribe again.' },
  CONNECTION_LIMIT: {
    code: 4414,
    reason: 'connection limit',
    meaning: 'Idle or maximum-age limit, or too many connections; reconnect later.',
  },
  RATE_LIMITED: { code: 4429, reason: 'rate limited', meaning: 'The peer kept sending after it was told to slow down.' },
  WRITE_STALLED: {
    code: 4450,
    reason: 'write stalled',
    meaning: 'No byte could be written for the stall limit; the network path is dead.',
  },
  DISCONNECTED_FOR_GOOD: {
    code: 4500,
    reason: 'disconnected by an operator, for good',
    meaning: 'An operator closed the connection; do not return.',
  },
  INVALID_TOKEN: { code: 4501, reason: 'invalid token', meaning: 'The token of the auth frame is not valid; do not repeat it.' },
  FORBIDDEN: { code: 4503, reason: 'revoked or forbidden', meaning: 'The token was revoked or its user may not connect.' },
  REPLACED: {
    code: 4505,
    reason: 'replaced by a newer connection',
    meaning:
      'A newer connection took its place: one that went on with its session, or another of the same user (option gateway.connectionsPerUserPolicy).',
  },
  BAD_FRAMES: {
    code: 4513,
    reason: 'too many bad frames',
    meaning: 'The strike limit for malformed frames was reached; the client is faulty.',
  },
} as const satisfies Record<string, CloseDefinition>;

export type CloseName = keyof typeof CLOSES;

const FINAL_STANDARD_CODES: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010]);

/** Whether a client that sees this close code should reconnect (protocol.md, "Close codes"). */
export function mayReconnect(code: number): boolean {
  return !FINAL_STANDARD_CODES.has(code) && !(code >= 4500 && code <= 4999);
}
