import { z } from 'zod';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { Refusal } from '../../protocol/refusal.js';

const LONGEST_NODE = 256;

/** Restricts an answer to one node. */
export const nodeParameter = z.string().min(1).max(LONGEST_NODE).optional();

/** For OpenAPI. */
export const NODE_QUERY = {
  name: 'node',
  required: false,
  description: 'Only what this node knows: its name, or `this` for the one that answers. Default: all nodes',
} as const;

const RETRY_AFTER_MS = 1_000;

/** Refuses with `UNAVAILABLE` where no node answered at all: it says why. */
export function requireAnswer(answers: readonly unknown[], missing: readonly MissingNode[]): void {
  if (answers.length > 0) return;
  throw new Refusal('UNAVAILABLE', missing.map(({ node, says }) => `${node} ${says}`).join('; '), { retryAfterMs: RETRY_AFTER_MS });
}
