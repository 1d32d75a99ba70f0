import type { DeliveryBalance, NamespaceAccount, PublishBalance } from './accounting.js';

/** What one node counts since it started. */
export interface NodeAccount {
  readonly since: number;
  readonly items: readonly NamespaceAccount[];
  /** Messages given to the bus and taken from it, and calls of it that failed. */
  readonly bus: { readonly out: number; readonly in: number; readonly failed: number };
  /** Messages that did not reach a subscriber, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** The sum over nodes. */
export interface SystemAccount extends NodeAccount {
  /** Since when it is counted, milliseconds since the epoch: the start of the node that started last. */
  readonly since: number;
  /** Whether the deliveries of every namespace balance on every node. */
  readonly balanced: boolean;
  readonly nodes: readonly { readonly node: string; readonly since: number; readonly balanced: boolean }[];
}

export function accountOfNodes(answers: readonly { readonly node: string; readonly answer: NodeAccount }[]): SystemAccount {
  const parts = answers.map(({ answer }) => answer);
  const nodes = answers.map(({ node, answer: { since, items } }) => ({ node, since, balanced: isBalanced(items) }));
  const byNamespace = Map.groupBy(
    parts.flatMap(({ items }) => items),
    ({ namespace }) => namespace,
  );
  return {
    since: Math.max(0, ...parts.map(({ since }) => since)),
    balanced: nodes.every(({ balanced }) => balanced),
    nodes,
    items: [...byNamespace].map(([namespace, accounts]) => ({
      namespace,
      published: summed(accounts.map(({ published }) => published)),
      deliveries: balanceOf(accounts.map(({ deliveries }) => deliveries)),
    })),
    bus: summed(parts.map(({ bus }) => bus)),
    dropped: summed(parts.map(({ dropped }) => dropped)),
  };
}

function isBalanced(items: readonly NamespaceAccount[]): boolean {
  return items.every(({ deliveries }) => deliveries.balanced);
}

/** What two nodes have too many and too few of must not look like balance. */
function balanceOf(balances: readonly DeliveryBalance[]): DeliveryBalance {
  const sum = (of: (balance: DeliveryBalance) => number): number => balances.reduce((total, balance) => total + of(balance), 0);
  return {
    matched: sum(({ matched }) => matched),
    written: sum(({ written }) => written),
    dropped: sum(({ dropped }) => dropped),
    queued: sum(({ queued }) => queued),
    unconfirmed: sum(({ unconfirmed }) => unconfirmed),
    not_written: sum(({ not_written: notWritten }) => notWritten),
    acked: sum(({ acked }) => acked),
    difference: balances.length === 1 ? sum(({ difference }) => difference) : sum(({ difference }) => Math.abs(difference)),
    balanced: balances.every(({ balanced }) => balanced),
  };
}

function summed<Numbers extends PublishBalance | NodeAccount['bus'] | NodeAccount['dropped']>(parts: readonly Numbers[]): Numbers {
  const sums: Record<string, number> = {};
  for (const part of parts) for (const [name, value] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + (value as number);
  return sums as Numbers;
}
