/**
 * The value, in milliseconds, below which a share of what is in the buckets lies: by straight line within the bucket, as Prometheus does it; above
 * the last edge, that edge. `edges`: upper edges in seconds. Null where there is nothing.
 */
export function quantile(counts: ArrayLike<number>, total: number, share: number, edges: readonly number[]): number | null {
  if (total === 0) return null;
  const rank = total * share;
  let below = 0;
  for (let place = 0; place < edges.length; place += 1) {
    const count = counts[place] ?? 0;
    if (below + count >= rank && count > 0) {
      const lower = place === 0 ? 0 : (edges[place - 1] ?? 0);
      const upper = edges[place] ?? lower;
      return Math.round((lower + (upper - lower) * ((rank - below) / count)) * 100_000) / 100;
    }
    below += count;
  }
  return (edges.at(-1) ?? 0) * 1_000;
}
