/** What the collector does: takes spans, accepts them and never answers, or refuses connections because nobody listens. */
export type Manner = 'healthy' | 'hanging' | 'gone';

export interface CollectorFacts {
  readonly url: string;
  /** Spans that it has taken so far. */
  readonly spans: number;
}
