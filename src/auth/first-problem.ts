import type { z } from 'zod';

/** First problem of a failed parse: where, and what. Never shows the value. */
export function firstProblem(error: z.ZodError): { readonly field: string; readonly problem: string } {
  const issue = error.issues[0];
  const field = (issue?.path ?? [])
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
  return { field, problem: issue?.message ?? 'is not valid' };
}
