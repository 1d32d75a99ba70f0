/** What waits for its time. */
export interface Timed {
  readonly at: number;
}

interface Entry<T> {
  readonly item: T;
  /** Equal times keep the order in which they were put in. */
  readonly order: number;
}

/** Items by the time they fall due, earliest first: a binary heap, so that ten thousand clients stay cheap. */
export class TimerQueue<T extends Timed> {
  readonly #heap: Entry<T>[] = [];
  #added = 0;

  get first(): T | undefined {
    return this.#heap[0]?.item;
  }

  add(item: T): void {
    const heap = this.#heap;
    const entry: Entry<T> = { item, order: (this.#added += 1) };
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry<T>;
      if (!isBefore(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Entry<T>)) child += 1;
      const below = heap[child] as Entry<T>;
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Entry<Timed>, b: Entry<Timed>): boolean {
  return a.item.at < b.item.at || (a.item.at === b.item.at && a.order < b.order);
}
