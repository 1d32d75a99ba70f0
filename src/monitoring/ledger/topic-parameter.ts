import { z } from 'zod';
import { LIMITS } from '../../protocol/limits.js';
import { holdsNullCharacter, NULL_CHARACTER_PROBLEM } from '../../protocol/null-character.js';
import { isUserId, topicKind } from '../../protocol/topic-name.js';

const LONGEST_ID = LIMITS.msgIdLength;
const KEY_PREFIX = 'key:';

/** Parameters that name what waybills and explain are asked for; each says what is wrong with it. */
export const topicParameter = z.string().refine((name) => topicKind(name) !== undefined, {
  error: 'not a topic name: segments of A-Z a-z 0-9 _ - joined by a dot, or $user.<id>, or $all',
});
export const userParameter = z.string().refine((user) => isUserId(user.startsWith(KEY_PREFIX) ? user.slice(KEY_PREFIX.length) : user), {
  error: 'not a user id: 1 to 128 printable characters (key:<name> for an API key)',
});
export const seqParameter = z.coerce
  .number('must be the number of a message: 1, 2, 3 …')
  .int('must be the number of a message: 1, 2, 3 …')
  .min(1, 'must be the number of a message: 1, 2, 3 …')
  .max(Number.MAX_SAFE_INTEGER, 'is greater than any number of a message');
export const epochParameter = z
  .string()
  .min(1)
  .max(LONGEST_ID)
  .regex(/^[A-Za-z0-9_.~-]+$/, 'not an epoch: as messages carry it, such as k3f9');
export const messageIdParameter = z
  .string()
  .min(1)
  .max(LONGEST_ID, `longer than any message id: at most ${LONGEST_ID} characters`)
  .refine((id) => !holdsNullCharacter(id), NULL_CHARACTER_PROBLEM);
export const publisherParameter = z.string().min(1).max(160);
