import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type AskOptions, type CallHandler, ClusterCalls } from '../../cluster/cluster-calls.js';
import type { Asked } from '../../cluster/open-call.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';

/**
 * What operators ask is asked of every node. Each part of monitoring that answers from this node's memory says here how, once, for this node
 * and the others alike; what it answers is bounded by the question, since all of it crosses the wire.
 */
@Injectable()
export class EveryNode implements OnApplicationBootstrap {
  readonly self: string;
  private readonly handlers = new Map<string, CallHandler>();
  private calls: ClusterCalls | undefined;

  constructor(
    private readonly modules: ModuleRef,
    config: Config,
  ) {
    this.self = nodeIdOf(config);
  }

  onApplicationBootstrap(): void {
    this.calls = findProvider(this.modules, ClusterCalls);
    for (const [kind, handler] of this.handlers) this.calls?.answer(kind, handler);
  }

  /** Says how this node answers a question. Only while the modules are put together. */
  answer(kind: string, handler: CallHandler): void {
    this.handlers.set(kind, handler);
  }

  /**
   * Asks every node, this one included, or the one that is named. Who does not answer in time is in `missing`. Rejects with `NOT_FOUND` where nobody has
   * the name.
   */
  async ask<Answer>(kind: string, question: unknown, only?: string): Promise<Asked<Answer>> {
    const node = only === 'this' ? this.self : only;
    if (this.calls !== undefined) return this.calls.ask<Answer>(kind, question, { only: node });
    // Before the start is over, there is nobody else.
    const handler = this.handlers.get(kind) as ((question: unknown, from: string) => unknown) | undefined;
    if (handler === undefined) throw new Refusal('UNAVAILABLE', 'this node has not started completely; ask again soon');
    if (node !== undefined && node !== this.self) throw new Refusal('NOT_FOUND', `no node is named ${node}; known is ${this.self}`);
    return { answers: [{ node: this.self, answer: (await handler(question, this.self)) as Answer }], missing: [] };
  }

  /** Asks the others alone, or one of them: what this node has, is looked at here. */
  async askOthers<Answer>(kind: string, question: unknown, options: AskOptions = {}): Promise<Asked<Answer>> {
    if (this.calls === undefined) return { answers: [], missing: [] };
    const { answers, missing } = await this.calls.ask<Answer | null>(kind, question, options);
    return {
      answers: answers.flatMap(({ node, answer }) => (node === this.self || answer === null ? [] : [{ node, answer }])),
      missing,
    };
  }

  /** Says how this node answers what is asked of others: to its own questions it says nothing. */
  answerOthers(kind: string, handler: CallHandler): void {
    this.answer(kind, (question: never, from) => (from === this.self ? null : handler(question, from)));
  }

  /** Whether no other node is known. */
  get isAlone(): boolean {
    return this.calls === undefined || this.calls.isAlone;
  }

  /** Whether a node of this name is known, lost ones included. */
  knows(node: string): boolean {
    return node === this.self || this.calls?.knows(node) === true;
  }
}
