import { Injectable } from '@nestjs/common';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import type { SpanView, TraceDetail, TraceSummary } from '../../protocol/ops/trace-answer.js';
import { EveryNode } from '../nodes/every-node.js';
import { joinedParts, type NodeCursors, readCursors } from '../nodes/node-cursors.js';
import { names, summarise, waterfall } from '../ops/trace-view.js';
import { joinedTrace } from './joined-trace.js';
import { ATTR_CONNECTION_ID, ATTR_MESSAGING_DESTINATION_NAME, ATTR_MESSAGING_MESSAGE_ID } from './semconv.js';
import { Tracing } from './tracing.js';

export interface TraceFilters {
  readonly name?: string | undefined;
  readonly connection_id?: string | undefined;
  readonly topic?: string | undefined;
  readonly msg_id?: string | undefined;
  readonly min_duration_ms?: number | undefined;
  readonly failed?: 'true' | 'false' | undefined;
}

export interface TraceQuery extends TraceFilters {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly node?: string | undefined;
}

/** What of a trace one node has. */
export interface NodeTrace extends TraceSummary {
  readonly node: string;
}

export interface FoundTraces {
  /** A trace that crossed nodes stands there once for each of them. */
  readonly items: readonly NodeTrace[];
  readonly next: string | undefined;
  readonly missing: readonly MissingNode[];
}

interface PartQuery extends TraceFilters {
  readonly limit: number;
  /** The trace after which each node's part begins; empty: at its newest. */
  readonly places: NodeCursors<string>;
}

interface Part {
  readonly items: readonly TraceSummary[];
  readonly more: boolean;
}

const LIST = 'ops.traces';
const ONE = 'ops.trace';
const NEWEST = '';

/** The last traces of every node, where no collector takes them. */
@Injectable()
export class TracesEverywhere {
  constructor(
    private readonly tracing: Tracing,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(LIST, (query: PartQuery) => this.part(query));
    nodes.answer(ONE, ({ traceId }: { readonly traceId: string }): TraceDetail | null => {
      const spans = this.tracing.ring.trace(traceId);
      return spans.length === 0 ? null : waterfall(traceId, spans);
    });
  }

  async list({ cursor, node, ...query }: TraceQuery): Promise<FoundTraces> {
    const places = readCursors(cursor, (value): value is string => typeof value === 'string');
    const { answers, missing } = await this.nodes.ask<Part>(LIST, { ...query, places }, node);
    const parts = answers.map(({ node: from, answer: { items, more } }) => ({
      node: from,
      items: items.map((item): NodeTrace => ({ ...item, node: from })),
      places: items.map(({ trace_id: id }) => id),
      top: NEWEST,
      more,
    }));
    return { ...joinedParts(parts, places, query.limit, (one, other) => other.started_at > one.started_at), missing };
  }

  /** The spans of one trace on all nodes; undefined where none is kept. */
  async one(traceId: string): Promise<{ readonly trace: TraceDetail | undefined; readonly missing: readonly MissingNode[] }> {
    const { answers, missing } = await this.nodes.ask<TraceDetail | null>(ONE, { traceId });
    const parts = answers.flatMap(({ node, answer }) =>
      answer === null ? [] : [{ ...answer, spans: answer.spans.map((span): SpanView => ({ ...span, node })) }],
    );
    return { trace: joinedTrace(parts), missing };
  }

  /** Whether a node that answers has any of its spans. */
  async isKept(traceId: string): Promise<boolean> {
    return (await this.one(traceId)).trace !== undefined;
  }

  private part({ places, limit, ...filters }: PartQuery): Part {
    const after = Object.hasOwn(places, this.nodes.self) ? places[this.nodes.self] : NEWEST;
    const items: TraceSummary[] = [];
    let started = after === NEWEST;
    for (const [traceId, spans] of this.tracing.ring.newestFirst()) {
      if (!started) {
        started = traceId === after;
        continue;
      }
      const summary = summarise(traceId, spans);
      if (matches(summary, spans, filters)) items.push(summary);
      if (items.length > limit) break;
    }
    return { items: items.slice(0, limit), more: items.length > limit };
  }
}

function matches(summary: TraceSummary, spans: readonly ReadableSpan[], query: TraceFilters): boolean {
  if (query.topic !== undefined && !names(spans, ATTR_MESSAGING_DESTINATION_NAME, query.topic)) return false;
  if (query.msg_id !== undefined && !names(spans, ATTR_MESSAGING_MESSAGE_ID, query.msg_id)) return false;
  if (query.name !== undefined && !summary.name.includes(query.name)) return false;
  if (query.connection_id !== undefined && !names(spans, ATTR_CONNECTION_ID, query.connection_id)) return false;
  if (query.min_duration_ms !== undefined && summary.duration_ms < query.min_duration_ms) return false;
  return query.failed === undefined || String(summary.failed) === query.failed;
}
