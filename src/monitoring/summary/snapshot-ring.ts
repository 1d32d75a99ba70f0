/** Numbers as they stood at one moment, in the order of their readers. */
interface Snapshot {
  /** On the monotonic clock, milliseconds. */
  readonly at: number;
  readonly values: Float64Array;
}

/** How much something rose within a window. */
export interface Rise {
  /** How long the window really is, seconds: less than was asked for while the node is young. */
  readonly seconds: number;
  readonly values: Float64Array;
}

const FINE_MS = 10_000;
const COARSE_MS = 60_000;
/** Ten minutes in steps of ten seconds, six hours in steps of a minute; one more, so that the whole window lies between two. */
const FINE_KEPT = 61;
const COARSE_KEPT = 361;

/** Counters as they stood over the last six hours, so that rates need no other program. */
export class SnapshotRing {
  private readonly fine: Snapshot[] = [];
  private readonly coarse: Snapshot[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly read: () => Float64Array,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.take();
  }

  start(): void {
    this.timer = setInterval(() => this.take(), FINE_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  take(): void {
    const snapshot = { at: this.now(), values: this.read() };
    this.fine.push(snapshot);
    if (this.fine.length > FINE_KEPT) this.fine.shift();
    const last = this.coarse.at(-1);
    if (last !== undefined && snapshot.at - last.at < COARSE_MS) return;
    this.coarse.push(snapshot);
    if (this.coarse.length > COARSE_KEPT) this.coarse.shift();
  }

  /** From the snapshot that is nearest to the beginning of the window, to now. */
  rise(windowSeconds: number): Rise {
    const at = this.now();
    const values = this.read();
    const begin = at - windowSeconds * 1_000;
    const from = nearest([...this.coarse, ...this.fine], begin);
    return { seconds: (at - from.at) / 1_000, values: values.map((value, place) => value - (from.values[place] ?? 0)) };
  }
}

function nearest(snapshots: readonly Snapshot[], begin: number): Snapshot {
  const [first, ...others] = snapshots;
  if (first === undefined) throw new Error('a ring without a snapshot');
  return others.reduce((best, each) => (Math.abs(each.at - begin) < Math.abs(best.at - begin) ? each : best), first);
}
