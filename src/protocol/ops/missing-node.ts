/**
 * Why a node's part of an answer is not there. `timeout`: it did not answer in time. `unreachable`: this node has no Redis now to ask by. `lost`: it said
 * nothing for `cluster.nodeLostMs`. `refused`: it answered with a refusal. `failed`: it could not answer, and its log says why. `too_large`: its answer was more
 * than `cluster.callAnswerBytes`. `unknown_question`: it runs a version that does not know the question.
 */
export type MissingReason = 'timeout' | 'unreachable' | 'lost' | 'refused' | 'failed' | 'too_large' | 'unknown_question';

/** A node of which an answer says nothing, so that nobody takes the rest for everything. */
export interface MissingNode {
  readonly node: string;
  readonly reason: MissingReason;
  /** The reason as the second half of a sentence that begins with the node's name. */
  readonly says: string;
}
