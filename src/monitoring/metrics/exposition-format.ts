export type ExpositionFormat = 'openmetrics' | 'prometheus';

const OPEN_METRICS = 'application/openmetrics-text';
/** What a range covers more closely decides before one that covers more (RFC 9110, section 12.5.1). */
const TEXT_RANGES = ['text/plain', 'text/*', '*/*'] as const;

/**
 * The format that a scraper's `Accept` asks for: OpenMetrics where it is named and nothing else is preferred to it, else the text format of
 * Prometheus, which every scraper reads.
 */
export function formatFor(accept: string): ExpositionFormat {
  const weights = weightsOf(accept);
  const openMetrics = weights.get(OPEN_METRICS) ?? 0;
  const range = TEXT_RANGES.find((candidate) => weights.has(candidate));
  const text = range === undefined ? 0 : (weights.get(range) ?? 0);
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'prometheus';
}

/** The highest weight of each media range, whatever its other parameters. */
function weightsOf(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const item of accept.toLowerCase().split(',')) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim());
    const given = parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length);
    const weight = given === undefined ? 1 : Number(given);
    if (weight > (weights.get(range) ?? -1)) weights.set(range, weight);
  }
  return weights;
}
