import { type OwnCount, SharedCounts, type TotalCount } from './shared-counts.js';

interface Said extends Omit<OwnCount, 'name'> {
  /** On the monotonic clock. */
  readonly until: number;
}

/** What joins the counts of one process: by name, by node. */
export class MemoryCounts {
  readonly byName = new Map<string, Map<string, Said>>();
  readonly listeners = new Set<() => void>();

  /** Everything is forgotten, as a Redis that begins anew does. */
  forget(): void {
    this.byName.clear();
    for (const listener of this.listeners) listener();
  }
}

/** Counts of nodes in one process; a node that is alone counts with nobody. */
export class MemorySharedCounts extends SharedCounts {
  override readonly isShared: boolean;

  constructor(
    private readonly node: string,
    private readonly shared?: MemoryCounts,
  ) {
    super();
    this.isShared = shared !== undefined;
  }

  override async say(counts: readonly OwnCount[], leaseMs: number): Promise<readonly TotalCount[]> {
    return counts.map((own) => this.sayOne(own, leaseMs));
  }

  override onForgotten(listener: () => void): void {
    this.shared?.listeners.add(listener);
  }

  private sayOne({ name, count, oldestAt }: OwnCount, leaseMs: number): TotalCount {
    const byName = this.shared?.byName ?? new Map<string, Map<string, Said>>();
    const nodes = byName.get(name) ?? new Map<string, Said>();
    const now = performance.now();
    nodes.delete(this.node);
    if (count > 0) nodes.set(this.node, { count, oldestAt, until: now + leaseMs });
    for (const [node, { until }] of nodes) if (until <= now) nodes.delete(node);
    if (nodes.size === 0) byName.delete(name);
    else byName.set(name, nodes);
    let [total, oldest] = [0, undefined as TotalCount['oldest']];
    for (const [node, said] of nodes) {
      total += said.count;
      if (oldest === undefined || said.oldestAt < oldest.at) oldest = { node, at: said.oldestAt };
    }
    return { name, total, oldest };
  }
}
