import { z } from 'zod';
import { firstProblem } from '../../auth/first-problem.js';
import { SCOPES } from '../../auth/principal.js';
import { grantClaims, userId } from '../../auth/token-claims.js';
import { holdsNullCharacter, NULL_CHARACTER_PROBLEM } from '../../protocol/null-character.js';
import { Refusal } from '../../protocol/refusal.js';

export const strictly = (known: string) => ({
  error: (issue: { readonly code?: string | undefined }) =>
    issue.code === 'unrecognized_keys' ? `has an unknown member; known are ${known}` : `must be an object with ${known}`,
});

/** The longest that two secrets of one key are good: a month. */
const MOST_OVERLAP_S = 2_678_400;
/** The last moment that a Date can name (ECMA-262 section 21.4.1.1). */
const MOST_MS = 8_640_000_000_000_000;

/** Body of `POST auth/tokens`. */
export const mintBody = z.strictObject(
  {
    user: userId.describe('Whom the token stands for.'),
    ...grantClaims,
    ttl_s: z.int('must be a whole number of seconds').min(1, 'must be at least 1').optional().describe('Life of the token in seconds.'),
  },
  strictly('user, roles, topics, users, broadcast and ttl_s'),
);

/** Body of `POST auth/keys`. */
export const newKeyBody = z.strictObject(
  {
    name: z
      .string('must be text')
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -')
      .refine((name) => name !== 'bootstrap', 'is the name of the key from the settings')
      .describe('What publishes made with the key are signed with: key:<name>.'),
    scopes: z
      .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list of scopes')
      .min(1, 'must name at least one scope')
      .max(SCOPES.length, 'must name each scope once'),
    expires_at: z
      .int('must be a whole number of milliseconds since the epoch')
      .max(MOST_MS, 'must be milliseconds since the epoch')
      .optional()
      .describe('When the key ends, milliseconds since the epoch; absent: never.'),
  },
  strictly('name, scopes and expires_at'),
);

/** Body of `POST auth/keys/{id}/rotate`. */
export const rotateBody = z.strictObject(
  {
    overlap_s: z
      .int('must be a whole number of seconds')
      .min(0, 'must be at least 0')
      .max(MOST_OVERLAP_S, `must be at most ${MOST_OVERLAP_S}`)
      .describe('How long the secret before goes on working, in seconds; 0: not at all.'),
  },
  strictly('overlap_s'),
);

/** Reads a body, or refuses it naming the field at fault. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  if (holdsNullCharacter(body)) throw Refusal.badRequest('body', NULL_CHARACTER_PROBLEM);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const { field, problem } = firstProblem(parsed.error);
  throw Refusal.badRequest(field === '' ? 'body' : field, problem);
}
