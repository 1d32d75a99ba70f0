import type { MissingNode } from '../../ui/missing-nodes.tsx';

/** One line of `GET ops/traces`. Times are milliseconds since the epoch, durations milliseconds. */
export interface TraceSummary {
  readonly trace_id: string;
  readonly name: string;
  readonly kind: string;
  readonly started_at: number;
  readonly duration_ms: number;
  readonly spans: number;
  readonly failed: boolean;
  readonly connection_id?: string;
  readonly topic?: string;
  readonly msg_id?: string;
}

/** `GET ops/traces/{id}`: each span above its children. */
export interface TraceDetail extends Omit<TraceSummary, 'spans'> {
  /** Nodes that did not answer. */
  readonly missing?: readonly MissingNode[];
  readonly spans: readonly Span[];
}

export interface Span {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly depth: number;
  readonly name: string;
  readonly kind: string;
  /** From the beginning of the trace. */
  readonly offset_ms: number;
  readonly duration_ms: number;
  readonly failed: boolean;
  readonly status_message?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly trace_id: string; readonly span_id: string }[];
}
