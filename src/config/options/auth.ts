import { integer, optionalText, text } from '../option.js';
import { authKeyOptions } from './auth-keys.js';
import { authRevocationOptions } from './auth-revocation.js';

/** Who may enter. */
export const authOptions = {
  ...authKeyOptions,
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
    doc: 'Clock difference allowed when exp, nbf and iat are checked.',
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
  tokenAcceptedTtlSeconds: integer({
    env: 'WAYBILL_TOKEN_ACCEPTED_TTL_S',
    default: 2_592_000,
    min: 1,
    max: 31_536_000,
    unit: 's',
    doc: 'Longest life of a token that is accepted, whoever signed it: from iat to exp, or from now to exp where it has no iat.',
  }),
  sessionMaxSeconds: integer({
    env: 'WAYBILL_SESSION_MAX_S',
    default: 604_800,
    min: 1,
    max: 31_536_000,
    unit: 's',
    doc: 'Longest time over which POST auth/refresh renews a token, counted from the first token of the session.',
  }),
  ...authRevocationOptions,
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
