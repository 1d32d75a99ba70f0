import type { z } from 'zod';
import { holdsNullCharacter, NULL_CHARACTER_PROBLEM } from '../../protocol/null-character.js';
import { Refusal } from '../../protocol/refusal.js';

/** Reads the body of a route; refuses with the member's name, unknown ones too. No body is an empty one. */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  if (holdsNullCharacter(body)) throw Refusal.badRequest('body', NULL_CHARACTER_PROBLEM);
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw Refusal.badRequest([...issue.path, issue.keys[0]].join('.') || 'body', 'no such member');
  throw Refusal.badRequest(issue?.path.join('.') || 'body', issue?.message ?? 'not understood');
}
