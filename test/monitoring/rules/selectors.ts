/** A metric that an expression names, with its matchers. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  /** The values it names; those of a regular expression that is a list one by one. */
  readonly values: readonly string[];
}

const METRIC = /\b((?:waybill|nodejs|process|http_server|otelcol|node)_[a-z0-9_]+|waybill:[a-z0-9_:]+|up)\b(?!\s*=)(?:\{([^}]*)\})?/g;
const MATCHER = /([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g;
const GROUPING = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;

/** Enough of PromQL for our own rules, which name every metric in full and every value of a regular expression. */
export function selectorsOf(expression: string): readonly Selector[] {
  return [...expression.matchAll(METRIC)].map(([, metric = '', inner = '']) => ({
    metric,
    matchers: [...inner.matchAll(MATCHER)].map(([, label = '', value = '']) => ({ label, values: value.split('|') })),
  }));
}

/** Labels that an expression groups or joins by. */
export function groupingsOf(expression: string): readonly string[] {
  return [...expression.matchAll(GROUPING)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim()));
}

/** Labels that its aggregations keep. */
export function keptBy(expression: string): readonly string[] {
  return [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim()));
}
