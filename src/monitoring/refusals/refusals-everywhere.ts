import { Injectable } from '@nestjs/common';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { EveryNode } from '../nodes/every-node.js';
import { joinedParts, type NodeCursors, readCursors } from '../nodes/node-cursors.js';
import type { RefusalSum } from './refusal-summary.js';
import { type RefusalPage, type RefusalQuery, Refusals, type RefusalView } from './refusals.js';

/** A line of the list, with the node that refused. */
export interface NodeRefusal extends RefusalView {
  readonly node: string;
}

export interface FoundRefusals {
  readonly sums: readonly RefusalSum[];
  readonly items: readonly NodeRefusal[];
  readonly next: string | undefined;
  readonly missing: readonly MissingNode[];
}

type EverywhereQuery = Omit<RefusalQuery, 'cursor'> & { readonly cursor?: string | undefined; readonly node?: string | undefined };

const KIND = 'ops.refusals';

/** Who was refused what on any node: sums over all of them, and the latest, each with its node. */
@Injectable()
export class RefusalsEverywhere {
  constructor(
    refusals: Refusals,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(KIND, ({ places, ...query }: RefusalQuery & { readonly places: NodeCursors<number> }): RefusalPage => {
      const cursor = Object.hasOwn(places, nodes.self) ? places[nodes.self] : undefined;
      return refusals.page({ ...query, cursor });
    });
  }

  async page({ cursor, node, ...query }: EverywhereQuery): Promise<FoundRefusals> {
    const places = readCursors(cursor, (value): value is number => Number.isSafeInteger(value));
    const { answers, missing } = await this.nodes.ask<RefusalPage>(KIND, { ...query, places }, node);
    const parts = answers.map(({ node: from, answer: { items, next, ...order } }) => ({
      node: from,
      ...order,
      items: items.map((item): NodeRefusal => ({ ...item, node: from })),
      more: next !== undefined,
    }));
    const page = joinedParts(parts, places, query.limit, (one, other) => other.last_at > one.last_at);
    return { sums: sumsOver(answers.map(({ answer }) => answer.sums)), ...page, missing };
  }
}

/** The most frequent of the last hour first. */
function sumsOver(lists: readonly (readonly RefusalSum[])[]): readonly RefusalSum[] {
  const sums = new Map<string, RefusalSum>();
  for (const sum of lists.flat()) {
    const key = `${sum.kind}|${sum.code}|${sum.rule ?? ''}`;
    const other = sums.get(key);
    sums.set(key, other === undefined ? sum : added(sum, other));
  }
  return [...sums.values()].toSorted((one, other) => other.last_hour - one.last_hour || other.last_at - one.last_at);
}

function added(one: RefusalSum, other: RefusalSum): RefusalSum {
  const later = one.last_at >= other.last_at ? one : other;
  return { ...later, last_hour: one.last_hour + other.last_hour, total: one.total + other.total };
}
