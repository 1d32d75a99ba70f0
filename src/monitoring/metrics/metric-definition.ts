/** Values that a label may take. */
export type LabelValues =
  /** Exactly these; anything else is counted as `other`. */
  | { readonly kind: 'closed'; readonly values: readonly string[] }
  /** The namespaces of the configuration; topics of any other are `other`. */
  | { readonly kind: 'namespaces' }
  /** Names that the program's code declares, such as actions and routes: never what a client made up. Bounded in number. */
  | { readonly kind: 'declared'; readonly values: readonly string[] };

export interface LabelDefinition {
  readonly values: LabelValues;
  /** What the label tells, for docs/metrics.md. */
  readonly meaning: string;
}

/** Combinations of label values that exist from the start, one place for each label: a value, several, or `*` for all. */
export type ZeroSet = readonly (readonly (string | readonly string[])[])[];

/** How the values of several nodes become one: `alone` ones cannot, since each node's own is what matters, or the same thing is in several. */
export type OverNodes = 'sum' | 'max' | 'min' | 'alone';

interface Described {
  readonly name: string;
  /** `seconds`, `bytes`, `connections` …; `-` for a state of 0 or 1. */
  readonly unit: string;
  /** What it means to an operator, and what to think when it moves. */
  readonly help: string;
  /** In the order in which values are given. */
  readonly labels: Readonly<Record<string, LabelDefinition>>;
  /** Absent: every combination exists from the start, so that rates work on the first event. */
  readonly zero?: ZeroSet;
}

/** A metric as it is documented and registered. */
export type MetricDefinition = Described &
  (
    | { readonly type: 'counter' }
    | { readonly type: 'gauge'; readonly overNodes: OverNodes }
    | {
        readonly type: 'histogram';
        /** Upper edges, rising. Every threshold of an objective is one of them. */
        readonly buckets: readonly number[];
        /** Whether traced observations leave their trace id on the bucket. */
        readonly exemplars: boolean;
      }
  );

/** What a value outside a closed set is counted as. */
export const OTHER = 'other';

export function closed(meaning: string, ...values: readonly string[]): LabelDefinition {
  return { meaning, values: { kind: 'closed', values } };
}

export function declared(meaning: string, ...values: readonly string[]): LabelDefinition {
  return { meaning, values: { kind: 'declared', values } };
}

export const NAMESPACE: LabelDefinition = {
  meaning: 'Configured namespace of the topic; all others are `other`.',
  values: { kind: 'namespaces' },
};
