import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ClusterCalls } from '../../cluster/cluster-calls.js';
import { Registry } from '../../cluster/registry.js';
import type { DrainProgress } from '../../messaging/node-drain.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { findProvider } from '../node-life.js';
import { readDrainPlan } from './drain-body.js';
import { type DrainReport, drainReportOf } from './drain-report.js';
import type { NodeView } from './node-view.js';
import { ThisNode } from './this-node.js';

/** Kinds of questions between nodes. */
const VIEW = 'nodes.view';
const REPORT = 'nodes.drain.report';
const START = 'nodes.drain.start';
const CANCEL = 'nodes.drain.cancel';

/** Names of nodes are no longer. */
const LONGEST_NAME = 64;

interface DrainQuestion {
  /** As in the body of `POST ops/nodes/{node}/drain`. */
  readonly plan: unknown;
}

/** Every node, from any of them: what each says of itself, and its drain. */
@Injectable()
export class AllNodes implements OnApplicationBootstrap {
  constructor(
    private readonly modules: ModuleRef,
    private readonly self: ThisNode,
  ) {}

  onApplicationBootstrap(): void {
    const calls = findProvider(this.modules, ClusterCalls);
    // A part of the program alone, as tests start it.
    if (calls === undefined) return;
    calls.answer(VIEW, () => this.self.view());
    calls.answer(REPORT, ({ plan }: DrainQuestion) => drainReportOf(this.modules, this.self, plan));
    calls.answer(START, ({ plan, by }: DrainQuestion & { readonly by: string }) => {
      const { drain } = this.self;
      return drain.start(readDrainPlan(plan, drain.plan), by);
    });
    calls.answer(CANCEL, () => this.self.drain.cancel());
    findProvider(this.modules, Registry)?.describe(() => this.self.load());
  }

  async list(): Promise<{ readonly nodes: readonly NodeView[]; readonly missing: readonly MissingNode[] }> {
    const { answers, missing } = await this.calls.ask<NodeView>(VIEW);
    return { nodes: answers.map(({ answer }) => this.seenFromHere(answer)), missing };
  }

  /** The methods below throw `NOT_FOUND` where there is no such node, and `UNAVAILABLE` or `DEADLINE_EXCEEDED` where it does not answer. */
  async one(node: string): Promise<NodeView> {
    return this.seenFromHere(await this.calls.askOne<NodeView>(node, VIEW));
  }

  /** @param plan that a forecast is for, as in the body of POST. */
  drainReport(node: string, plan: unknown): Promise<DrainReport> {
    return this.calls.askOne(node, REPORT, { plan } satisfies DrainQuestion);
  }

  startDrain(node: string, plan: unknown, by: string): Promise<DrainProgress> {
    return this.calls.askOne(node, START, { plan, by });
  }

  cancelDrain(node: string): Promise<DrainProgress> {
    return this.calls.askOne(node, CANCEL);
  }

  /** The name that `this` stands for. */
  nameOf(node: string): string {
    return node === 'this' ? this.self.name : node.slice(0, LONGEST_NAME);
  }

  private seenFromHere(view: NodeView): NodeView {
    return { ...view, this: view.node === this.self.name };
  }

  private get calls(): ClusterCalls {
    return this.modules.get(ClusterCalls, { strict: false });
  }
}
