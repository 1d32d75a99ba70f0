import { integer, optionalText, text } from '../option.js';

/** Who may enter. */
export const authOptions = {
  jwtSecret: optionalText({
    env: 'WAYBILL_JWT_SECRET',
    secret: true,
    unit: 'text',
    zero: 'generated at first start and kept in the data directory',
    doc: 'Shared secret for HS256 tokens: at least 32 bytes. The gateway signs its own tokens with it.',
    check: (value) =>
      Buffer.byteLength(value) >= 32 ? undefined : 'must be at least 32 bytes long; make one with: openssl rand -base64 48',
  }),
  jwtPublicKeyFile: optionalText({
    env: 'WAYBILL_JWT_PUBLIC_KEY_FILE',
    unit: 'path',
    zero: 'no public keys',
    doc: 'PEM file with one or more public keys (RSA, EC P-256 or Ed25519) whose RS256, ES256 and EdDSA tokens are accepted too.',
  }),
  jwtAudience: text({ env: 'WAYBILL_JWT_AUDIENCE', default: 'waybill', doc: "Value that a token's aud claim must contain." }),
  jwtIssuer: optionalText({
    env: 'WAYBILL_JWT_ISSUER',
    zero: 'any issuer',
    doc: "Value that a token's iss claim must have; minted tokens carry it.",
  }),
  jwtSkewSeconds: integer({
    env: 'WAYBILL_JWT_SKEW_S',
    default: 30,
    min: 0,
    max: 300,
    unit: 's',
    zero: 'none',
    doc: 'Clock difference allowed when exp and nbf are checked.',
  }),
  tokenTtlSeconds: integer({
    env: 'WAYBILL_TOKEN_TTL_S',
    default: 3_600,
    min: 1,
    max: 2_592_000,
    unit: 's',
    doc: 'Life of a minted token that asks for none.',
  }),
  tokenMaxTtlSeconds: integer({
    env: 'WAYBILL_TOKEN_MAX_TTL_S',
    default: 86_400,
    min: 1,
    max: 2_592_000,
    unit: 's',
    doc: 'Longest life a minted token may ask for.',
  }),
  sessionMaxSeconds: integer({
    env: 'WAYBILL_SESSION_MAX_S',
    default: 604_800,
    min: 1,
    max: 31_536_000,
    unit: 's',
    doc: 'Longest time over which POST auth/refresh renews a token, counted from the first token of the session.',
  }),
  ticketTtlSeconds: integer({ env: 'WAYBILL_TICKET_TTL_S', default: 30, min: 1, max: 300, unit: 's', doc: 'Life of a one-time ticket.' }),
  ticketsMax: integer({
    env: 'WAYBILL_TICKETS_MAX',
    default: 100_000,
    min: 1,
    max: 10_000_000,
    unit: 'tickets',
    doc: 'Most unused tickets held by a node.',
  }),
  ticketsPerUser: integer({
    env: 'WAYBILL_TICKETS_PER_USER',
    default: 100,
    min: 1,
    max: 1_000_000,
    unit: 'tickets',
    doc: 'Most unused tickets of one user on a node.',
  }),
  tokenCacheSize: integer({
    env: 'WAYBILL_TOKEN_CACHE',
    default: 20_000,
    min: 0,
    max: 10_000_000,
    unit: 'tokens',
    zero: 'no cache',
    doc: 'Verified tokens remembered for up to a minute, so that a reconnect storm is cheap.',
  }),
  expiringNoticeSeconds: integer({
    env: 'WAYBILL_EXPIRING_NOTICE_S',
    default: 30,
    min: 0,
    max: 3_600,
    unit: 's',
    zero: 'no notice',
    doc: 'How long before its expiry a connection is told auth.expiring.',
  }),
  apiKey: optionalText({
    env: 'WAYBILL_API_KEY',
    secret: true,
    unit: 'text',
    zero: 'generated at first start, kept in the data directory and printed once',
    doc: 'First API key, with every scope.',
    check: apiKeyProblem,
  }),
} as const;

/** A key travels in a header, where a value with exactly two dots is taken for a JWT. */
function apiKeyProblem(value: string): string | undefined {
  if (Buffer.byteLength(value) < 16) return 'must be at least 16 bytes long';
  if (!/^[\x21-\x7e]+$/.test(value)) return 'must be printable ASCII without spaces, since it travels in a header';
  return value.split('.').length === 3 ? 'must not contain exactly two dots, which would make it look like a JWT' : undefined;
}
