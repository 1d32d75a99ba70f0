import type { MissingNode, MissingReason } from '../protocol/ops/missing-node.js';

export interface Answer<A> {
  readonly node: string;
  readonly answer: A;
}

/** What a question to all nodes brought, in the order of the nodes' names. */
export interface Asked<A> {
  readonly answers: readonly Answer<A>[];
  /** Nodes that are known and did not answer; empty: the answers are everything. */
  readonly missing: readonly MissingNode[];
}

/** One question that is under way. */
export class OpenCall<A> {
  private readonly answers = new Map<string, A>();
  private readonly missing = new Map<string, MissingNode>();
  private readonly waiting: Set<string>;
  private timer: NodeJS.Timeout | undefined;
  private done: (() => void) | undefined;

  /** @param expected names of those of whom an answer is waited for. */
  constructor(expected: Iterable<string>) {
    this.waiting = new Set(expected);
  }

  answered(node: string, answer: A): void {
    this.missing.delete(node);
    this.answers.set(node, answer);
    this.settle(node);
  }

  fails(node: string, reason: MissingReason, says: string): void {
    if (!this.answers.has(node)) this.missing.set(node, { node, reason, says });
    this.settle(node);
  }

  /** Resolves when nobody is waited for any more, or after so many milliseconds: who is left then, is missing. */
  async settled(withinMs: number): Promise<Asked<A>> {
    if (this.waiting.size > 0) {
      await new Promise<void>((resolve) => {
        this.done = resolve;
        this.timer = setTimeout(resolve, withinMs);
      });
      clearTimeout(this.timer);
    }
    for (const node of this.waiting) this.fails(node, 'timeout', `did not answer within ${withinMs} ms`);
    const answers = [...this.answers].map(([node, answer]) => ({ node, answer })).toSorted(byName);
    return { answers, missing: [...this.missing.values()].toSorted(byName) };
  }

  private settle(node: string): void {
    this.waiting.delete(node);
    if (this.waiting.size === 0) this.done?.();
  }
}

function byName(one: { readonly node: string }, other: { readonly node: string }): number {
  return one.node < other.node ? -1 : 1;
}
