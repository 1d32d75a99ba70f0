/** Builders of PromQL. Every selector of the gateway's own metrics follows the variables of the dashboard. */
const OWN = 'job=~"$job",instance=~"$instance"';

/** Series of the chosen nodes. */
export function own(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${[OWN, ...matchers].join(',')}}`;
}

/** Growth in a second. */
export function rate(metric: string, ...matchers: readonly string[]): string {
  return `rate(${own(metric, ...matchers)}[$__rate_interval])`;
}

/** Growth over the step of the picture: for what happens now and then. */
export function growth(metric: string, ...matchers: readonly string[]): string {
  return `increase(${own(metric, ...matchers)}[$__rate_interval])`;
}

export function sum(inner: string, ...by: readonly string[]): string {
  return aggregate('sum', inner, by);
}

export function max(inner: string, ...by: readonly string[]): string {
  return aggregate('max', inner, by);
}

export function min(inner: string, ...by: readonly string[]): string {
  return aggregate('min', inner, by);
}

/** Of a histogram, over all chosen nodes. Not a number without traffic. */
export function quantile(share: number, histogram: string, by: readonly string[] = [], ...matchers: readonly string[]): string {
  return `histogram_quantile(${share}, ${sum(rate(`${histogram}_bucket`, ...matchers), 'le', ...by)})`;
}

/** The same for each value of labels, without those that had no traffic. */
export function quantileBy(label: readonly string[], q: number, histogram: string): string {
  return `${quantile(q, histogram, label)} >= 0`;
}

/** Mean of a histogram; nothing without traffic. */
export function mean(histogram: string, by: readonly string[] = [], ...matchers: readonly string[]): string {
  return share(sum(rate(`${histogram}_sum`, ...matchers), ...by), sum(rate(`${histogram}_count`, ...matchers), ...by));
}

/** A part of a whole; nothing where the whole is nothing. */
export function share(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** Of what a counter grows by, the share that `part` picks out of `whole`; both are matchers, as are those that hold for the two of them. */
export function shareOf(metric: string, part: string, whole?: string, ...both: readonly string[]): string {
  return share(sum(rate(metric, ...both, part)), sum(rate(metric, ...both, ...(whole === undefined ? [] : [whole]))));
}

/** Nothing is nought: for tiles that have to say so when every node is gone. */
export function orZero(query: string): string {
  return `${query} or vector(0)`;
}

/** Codes of publishes, commands and upgrades that are this program's fault or its database's; the others are the caller's. */
export const OUR_FAULT = 'result=~"INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED|UNKNOWN_OUTCOME"';
/** What these are a share of: the objectives leave out what callers did wrong. */
export const OURS_AND_GOOD = 'result=~"OK|INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED|UNKNOWN_OUTCOME"';
/** All but the gateway's own messages to itself; a dollar sign would be a variable of Grafana. */
export const OF_USERS = 'namespace!~".canary"';

function aggregate(operator: string, inner: string, by: readonly string[]): string {
  return by.length === 0 ? `${operator}(${inner})` : `${operator} by (${by.join(', ')}) (${inner})`;
}
