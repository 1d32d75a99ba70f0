import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Config } from '../../config/config.js';
import { type NamespacePolicy, policyOf } from '../../config/namespace-policy.js';
import { type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { namespaceOf } from '../../protocol/topic-name.js';
import { EveryNode } from '../nodes/every-node.js';

/** What of a connection helps to find out why it is slow. */
const FIELDS = [
  'id',
  'ref',
  'user',
  'address',
  'client',
  'node',
  'protocol',
  'age_ms',
  'rtt_ms',
  'queued_bytes',
  'queued_frames',
  'queued_ms',
  'stalled_ms',
  'dropped_messages',
  'max_queued_bytes',
  'topics',
] as const satisfies readonly (keyof ConnectionView)[];

export type SlowView = Pick<ConnectionView, (typeof FIELDS)[number]> & {
  /** What may happen to what waits when it is too much, by its topics' namespaces. */
  readonly policies: readonly NamespacePolicy['slow'][];
};

export interface SlowConnections {
  /** Those that have waited longest first. */
  readonly items: readonly SlowView[];
  /** How many there are, listed or not. */
  readonly total: number;
  readonly queued_bytes: number;
}

const KIND = 'ops.slow';

/** Who, on any node, does not take what is sent as fast as it comes. */
@Injectable()
export class SlowSearch {
  constructor(
    private readonly modules: ModuleRef,
    private readonly config: Config,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(KIND, ({ limit }: { readonly limit: number }) => this.here(limit));
  }

  async list(limit: number, node?: string): Promise<SlowConnections & { readonly missing: readonly MissingNode[] }> {
    const { answers, missing } = await this.nodes.ask<SlowConnections>(KIND, { limit }, node);
    const parts = answers.map(({ answer }) => answer);
    return {
      items: parts
        .flatMap(({ items }) => items)
        .toSorted((one, other) => other.queued_ms - one.queued_ms || (one.id < other.id ? -1 : 1))
        .slice(0, limit),
      total: parts.reduce((sum, { total }) => sum + total, 0),
      queued_bytes: parts.reduce((sum, part) => sum + part.queued_bytes, 0),
      missing,
    };
  }

  private here(limit: number): SlowConnections {
    const slow = this.modules.get(GatewayControl, { strict: false }).slow();
    return {
      items: slow.slice(0, limit).map((view) => ({ ...fieldsOf(view), policies: this.policiesOf(view.topics) })),
      total: slow.length,
      queued_bytes: slow.reduce((sum, { queued_bytes: bytes }) => sum + bytes, 0),
    };
  }

  private policiesOf(topics: readonly string[]): SlowView['policies'] {
    const { namespaces } = this.config.messaging;
    return [...new Set(topics.map((topic) => policyOf(namespaces, namespaceOf(topic)).slow))].toSorted();
  }
}

function fieldsOf(view: ConnectionView): Pick<ConnectionView, (typeof FIELDS)[number]> {
  return Object.fromEntries(FIELDS.filter((field) => view[field] !== undefined).map((field) => [field, view[field]])) as unknown as Pick<
    ConnectionView,
    (typeof FIELDS)[number]
  >;
}
