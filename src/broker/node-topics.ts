import { topicKind } from '../protocol/topic-name.js';

const OF_A_NODE: ReadonlySet<string | undefined> = new Set(['canary', 'probe', 'ops']);

/** Whether a topic is what a node writes for itself and for the operators who look at it: such a topic does not leave the node. */
export function isOfNode(topic: string): boolean {
  return OF_A_NODE.has(topicKind(topic));
}
