/** Something that is due at a time, in milliseconds of one clock; it keeps its own place in the heap. */
export interface Due {
  dueAt: number;
  /** -1 while it is not in the heap. */
  heapIndex: number;
}

/** A binary min-heap by `dueAt` whose members can be moved and removed. */
export class DeadlineHeap<T extends Due> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  /** Puts an item where its `dueAt` belongs, whether it is new or its time changed. */
  place(item: T): void {
    if (item.heapIndex === -1) {
      item.heapIndex = this.items.length;
      this.items.push(item);
    }
    this.rise(item);
    this.sink(item);
  }

  remove(item: T): void {
    const index = item.heapIndex;
    if (index === -1) return;
    item.heapIndex = -1;
    const last = this.items.pop() as T;
    if (last === item) return;
    this.items[index] = last;
    last.heapIndex = index;
    this.rise(last);
    this.sink(last);
  }

  private rise(item: T): void {
    while (item.heapIndex > 0) {
      const parent = this.items[(item.heapIndex - 1) >> 1] as T;
      if (parent.dueAt <= item.dueAt) return;
      this.swap(parent, item);
    }
  }

  private sink(item: T): void {
    for (;;) {
      const left = this.items[item.heapIndex * 2 + 1];
      const right = this.items[item.heapIndex * 2 + 2];
      const child = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= item.dueAt) return;
      this.swap(item, child);
    }
  }

  /** `upper` stands above `lower`; they change places. */
  private swap(upper: T, lower: T): void {
    const { heapIndex } = upper;
    upper.heapIndex = lower.heapIndex;
    lower.heapIndex = heapIndex;
    this.items[upper.heapIndex] = upper;
    this.items[lower.heapIndex] = lower;
  }
}
