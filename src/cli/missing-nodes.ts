import type { MissingNode } from '../protocol/ops/missing-node.js';

/** What to say of nodes that an answer says nothing of, one line for each. Whatever is asked of all nodes names them in the same way. */
export function missingNodes(answer: unknown): readonly string[] {
  if (typeof answer !== 'object' || answer === null || !('missing' in answer) || !Array.isArray(answer.missing)) return [];
  const missing = answer.missing as readonly Partial<MissingNode>[];
  return missing.flatMap(({ node, says }) =>
    node === undefined || says === undefined ? [] : [`${node} ${says}: nothing of it is in this answer.`],
  );
}
