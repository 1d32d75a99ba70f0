import { z } from 'zod';
import { userId } from '../../auth/token-claims.js';

const LONGEST_REASON = 500;
const LONGEST_BLOCK_S = 3_153_600_000;

const reason = z
  .string('must be text')
  .max(LONGEST_REASON, `must be at most ${LONGEST_REASON} characters`)
  .optional()
  .describe('Why, for operators; those it is about are not told.');
const strictly = (known: string) => ({
  error: (issue: { readonly code?: string | undefined }) =>
    issue.code === 'unrecognized_keys' ? `has an unknown member; known are ${known}` : `must be an object with ${known}`,
});

/** Body of `POST auth/revocations`. */
export const revocationBody = z.strictObject(
  {
    token_id: z
      .string('must be text')
      .min(1, 'must not be empty')
      .max(256, 'must be at most 256 characters')
      .optional()
      .describe('Id of one token (its claim jti).'),
    token: z.string('must be text').min(1, 'must not be empty').optional().describe('One token itself, instead of its id.'),
    user: userId.optional().describe('A user, whose tokens issued before issued_before are revoked.'),
    issued_before: z
      .int('must be a whole number of milliseconds since the epoch')
      .min(0)
      .max(8_640_000_000_000_000)
      .optional()
      .describe("Milliseconds since the epoch. With user: absent means now. Alone: everybody's tokens issued before."),
    reason,
  },
  strictly('token_id, token, user, issued_before and reason'),
);

/** Body of `POST auth/blocks`. */
export const blockBody = z.strictObject(
  {
    user: userId.describe('Whom to keep out.'),
    ttl_s: z
      .int('must be a whole number of seconds')
      .min(1, 'must be at least 1')
      .max(LONGEST_BLOCK_S, 'is longer than a century')
      .optional()
      .describe('For how long, in seconds; absent: until it is taken back.'),
    reason,
  },
  strictly('user, ttl_s and reason'),
);
