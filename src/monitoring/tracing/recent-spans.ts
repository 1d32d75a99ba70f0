const REMEMBERED = 4_096;

/**
 * Spans that this process started lately. A message carries the traceparent of its publish, or where that is not traced the
 * client's own; only what stands here is ours, so that no client decides what is traced.
 */
export class RecentSpans {
  private readonly spanIds = new Set<string>();

  constructor(private readonly capacity: number = REMEMBERED) {}

  remember(spanId: string): void {
    if (this.spanIds.size >= this.capacity) {
      const [oldest] = this.spanIds;
      if (oldest !== undefined) this.spanIds.delete(oldest);
    }
    this.spanIds.add(spanId);
  }

  has(spanId: string): boolean {
    return this.spanIds.has(spanId);
  }
}
