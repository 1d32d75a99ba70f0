import type { z } from 'zod';
import { holdsNullCharacter, NULL_CHARACTER_PROBLEM } from '../../protocol/null-character.js';
import { Refusal } from '../../protocol/refusal.js';

/** Reads the query parameters of a route; refuses with the parameter's name, unknown ones too. */
export function readQuery<Schema extends z.ZodType>(schema: Schema, query: unknown): z.output<Schema> {
  if (holdsNullCharacter(query)) throw Refusal.badRequest('query', NULL_CHARACTER_PROBLEM);
  const parsed = schema.safeParse(query ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw Refusal.badRequest(`query.${issue.keys[0] ?? ''}`, 'no such parameter');
  throw Refusal.badRequest(['query', ...(issue?.path ?? [])].join('.'), issue?.message ?? 'not understood');
}
