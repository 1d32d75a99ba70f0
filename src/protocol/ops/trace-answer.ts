/** One line of `GET ops/traces`. */
export interface TraceSummary {
  readonly trace_id: string;
  /** Name of the span that began it, among those that are kept. */
  readonly name: string;
  readonly kind: string;
  /** Milliseconds since the epoch. */
  readonly started_at: number;
  /** From the first beginning to the last end. */
  readonly duration_ms: number;
  readonly spans: number;
  readonly failed: boolean;
  readonly connection_id?: string;
  /** Of the message that it is about, where it is about one. */
  readonly topic?: string;
  readonly msg_id?: string;
}

/** One bar of a waterfall. */
export interface SpanView {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  /** How many of the spans that are kept it stands under: 0 for the first. */
  readonly depth: number;
  /** Which node has it. */
  readonly node?: string;
  readonly name: string;
  readonly kind: string;
  /** From the beginning of the trace. */
  readonly offset_ms: number;
  readonly duration_ms: number;
  readonly failed: boolean;
  /** Why, where it says so. */
  readonly status_message?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly trace_id: string; readonly span_id: string }[];
}

/** `GET ops/traces/{id}`: one trace in full, each span above its children. */
export interface TraceDetail extends Omit<TraceSummary, 'spans'> {
  readonly spans: readonly SpanView[];
}
