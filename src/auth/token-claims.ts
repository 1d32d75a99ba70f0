import { z } from 'zod';
import { isUserId } from '../protocol/topic-name.js';
import type { Grants } from './principal.js';

/** Most patterns in one list of a token. */
const PATTERNS = 256;
const ROLES = 64;
const TOPIC_PATTERN = /^(?:\*|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?\*?)$/;
/** API keys, operators and the node itself are named `key:<name>` and so on; a user of such a name could be taken for one. */
const RESERVED_USER = /^(?:key|operator|system):/;

const topicPattern = z
  .string('must be a topic name or a pattern')
  .refine((pattern) => pattern.length <= 129 && TOPIC_PATTERN.test(pattern) && !pattern.endsWith('.'), {
    error:
      'must be a topic name, or the beginning of one followed by *; topics that begin with $ have rights of their own (users.send, broadcast)',
  });
const userPattern = z
  .string('must be a user id or a pattern')
  .refine((pattern) => pattern === '*' || isUserId(pattern.endsWith('*') ? pattern.slice(0, -1) : pattern), {
    error: 'must be a user id, or the beginning of one followed by *',
  });
const patterns = <T extends z.ZodType<string>>(item: T) =>
  z.array(item, 'must be a list').max(PATTERNS, `must have at most ${PATTERNS} items`);

/** A user id as tokens may carry it. */
export const userId = z.string('must be a user id').refine((value) => isUserId(value) && !RESERVED_USER.test(value), {
  error: 'must be a user id: 1 to 128 printable characters, not beginning with key:, operator: or system:',
});

/** The part of a token that grants rights, as claims and as the body of `POST auth/tokens`. */
export const grantClaims = {
  roles: z
    .array(z.string('must be text').min(1, 'must not be empty').max(64, 'must be at most 64 characters'), 'must be a list of roles')
    .max(ROLES, `must have at most ${ROLES} items`)
    .optional(),
  topics: z
    .strictObject(
      { subscribe: patterns(topicPattern).optional(), publish: patterns(topicPattern).optional() },
      { error: strictly('subscribe and publish') },
    )
    .optional(),
  users: z.strictObject({ send: patterns(userPattern).optional() }, { error: strictly('send') }).optional(),
  broadcast: z.boolean('must be true or false').optional(),
};

const numericDate = z.number('must be a number of seconds since 1970').min(0).max(8_640_000_000_000, 'is beyond any date');

/** Claims of a user token, beyond what signature, `aud`, `iss`, `exp` and `nbf` checks have settled. Claims not named here are ignored. */
export const tokenClaims = z.object({
  sub: userId,
  exp: numericDate,
  iat: numericDate.optional(),
  /** When the first token of this session was minted; kept by refreshes (OpenID Connect Core section 2). */
  auth_time: numericDate.optional(),
  jti: z.string('must be text').max(256, 'must be at most 256 characters').optional(),
  /** The device that proved itself for this token; only this gateway mints such. */
  waybill_device: z.object({ id: z.string('must be text').max(64), tenure: z.uuid('must be a UUID') }).optional(),
  ...grantClaims,
});

export type TokenClaims = z.infer<typeof tokenClaims>;

/** The grants that claims spell out; what they leave out is not granted. */
export function grantsOf(claims: Pick<TokenClaims, 'topics' | 'users' | 'broadcast'>): Grants {
  return {
    topics: { subscribe: claims.topics?.subscribe ?? [], publish: claims.topics?.publish ?? [] },
    users: { send: claims.users?.send ?? [] },
    broadcast: claims.broadcast ?? false,
  };
}

function strictly(known: string): (issue: { readonly code?: string | undefined }) => string {
  return (issue) => (issue.code === 'unrecognized_keys' ? `has an unknown member; known are ${known}` : `must be an object with ${known}`);
}
