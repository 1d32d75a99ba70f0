/** What became of deliveries: pairs of a message and a connection that was owed it. */
export interface Deliveries {
  readonly matched: number;
  readonly written: number;
  readonly dropped: number;
  readonly queued: number;
  readonly unconfirmed: number;
  readonly not_written: number;
  readonly acked: number;
  readonly difference: number;
}

export interface NamespaceAccount {
  readonly namespace: string;
  readonly published: { readonly accepted: number; readonly refused: number; readonly unknown: number; readonly stored: number };
  readonly deliveries: Deliveries & { readonly balanced: boolean };
}

/** What `ops/accounting` answers: counted since the node began. */
export interface Accounting {
  readonly as_of: number;
  readonly since: number;
  readonly balanced: boolean;
  readonly items: readonly NamespaceAccount[];
  readonly dropped: Readonly<Record<string, number>>;
}

const FIGURES = ['matched', 'written', 'dropped', 'queued', 'unconfirmed', 'not_written', 'acked', 'difference'] as const;

/** Over all namespaces. Differences do not cancel one another out. */
export function inAll(items: readonly NamespaceAccount[]): Deliveries {
  const sums = FIGURES.map((figure) => [figure, items.reduce((sum, { deliveries }) => sum + Math.abs(deliveries[figure]), 0)]);
  return Object.fromEntries(sums);
}

/** Namespaces through which something went. */
export function used(items: readonly NamespaceAccount[]): readonly NamespaceAccount[] {
  return items.filter(({ published, deliveries }) => published.accepted + published.refused + published.unknown + deliveries.matched > 0);
}

/** The answer to "is anything being lost?", in one sentence. */
export function lossSentence(sum: Deliveries): string {
  const write = (value: number): string => value.toLocaleString('en-GB');
  if (sum.difference > 0) return `${write(sum.difference)} of ${write(sum.matched)} deliveries are unaccounted for.`;
  if (sum.matched === 0) return 'Nothing was to be delivered yet.';
  const lost = sum.dropped + sum.not_written + sum.unconfirmed;
  if (lost === 0) return `Nothing is lost: each of ${write(sum.matched)} deliveries was written or waits in its queue.`;
  return `Every delivery is accounted for: of ${write(sum.matched)}, ${write(lost)} did not reach a socket for certain, each for a known reason.`;
}
