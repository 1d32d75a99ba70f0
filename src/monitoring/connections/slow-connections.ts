import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Config } from '../../config/config.js';
import { type NamespacePolicy, policyOf } from '../../config/namespace-policy.js';
import { type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { namespaceOf } from '../../protocol/topic-name.js';
import { cursorAt, pageBehind } from '../ops/list-place.js';
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
  /** Asks for what follows; absent where nothing does. */
  readonly next?: string;
}

/** Which part of the list. */
export interface SlowPage {
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** What one node says. */
interface SlowPart extends SlowConnections {
  /** Milliseconds since the epoch, by its clock. */
  readonly asOf: number;
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
    nodes.answer(KIND, (page: SlowPage) => this.here(page));
  }

  /** Rejects with `BAD_REQUEST` where no page had the cursor. */
  async list(page: SlowPage, node?: string): Promise<SlowConnections & { readonly missing: readonly MissingNode[] }> {
    const { answers, missing } = await this.nodes.ask<SlowPart>(KIND, page, node);
    const parts = answers.map(({ answer }) => answer);
    const found = parts.flatMap(({ items, asOf }) => items.map((item) => ({ item, since: asOf - item.queued_ms })));
    const sorted = found.toSorted((one, other) => one.since - other.since || (one.item.id < other.item.id ? -1 : 1));
    const shown = sorted.slice(0, page.limit);
    const last = shown.at(-1);
    const isLast = shown.length === found.length && parts.every(({ next }) => next === undefined);
    return {
      items: shown.map(({ item }) => item),
      ...(last === undefined || isLast ? {} : { next: cursorAt(last.since, last.item.id) }),
      total: parts.reduce((sum, { total }) => sum + total, 0),
      queued_bytes: parts.reduce((sum, part) => sum + part.queued_bytes, 0),
      missing,
    };
  }

  private here({ limit, cursor }: SlowPage): SlowPart {
    const slow = this.modules.get(GatewayControl, { strict: false }).slow();
    const asOf = Date.now();
    // Since when somebody is slow stays the same while they are; how long they have been does not.
    const order = { idOf: ({ id }: ConnectionView) => id, keyOf: ({ queued_ms: waited }: ConnectionView) => asOf - waited };
    const { items, next } = pageBehind(slow, order, { limit, cursor });
    return {
      asOf,
      ...(next === undefined ? {} : { next }),
      items: items.map((view) => ({ ...fieldsOf(view), policies: this.policiesOf(view.topics) })),
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
