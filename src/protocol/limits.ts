/** What the protocol itself bounds. Options may lower some of these; none may raise them. */
export const LIMITS = {
  /** Characters of a `msg_id`. */
  msgIdLength: 64,
  /** Characters of a plain topic name. */
  topicLength: 128,
  /** Characters of a user id. */
  userLength: 128,
  /** Characters of an `action`. */
  actionLength: 64,
  /** Items of one batch publish. */
  batchItems: 1000,
  /** Messages of one history page. */
  historyPage: 1000,
  /** Bytes of a close reason (RFC 6455 section 5.5). */
  closeReasonBytes: 123,
} as const;

export const PROTOCOL_VERSION = '1';
export const SUPPORTED_VERSIONS: readonly string[] = ['1', '1.0'];
export const SUBPROTOCOL = 'waybill.v1';
/** Prefix of the subprotocol entry that carries a browser's token; never echoed back. */
export const BEARER_SUBPROTOCOL_PREFIX = 'bearer.';
