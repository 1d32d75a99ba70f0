import type { KeptEvent } from './event-ring.js';
import type { ProbeView } from './probe-view.js';

const LOOK_EVERY_MS = 300;
const PAGE = 100;
/** Looks that failed one after the other until its node is given up. */
const MOST_FAILURES = 20;

/** Events of a probe as the node that keeps it answers them. */
export interface ProbePage {
  readonly events: readonly KeptEvent[];
  readonly more: boolean;
  readonly probe: ProbeView;
}

export type PageReader = (after: number, limit: number) => Promise<ProbePage>;

/** A probe that another node keeps, read by a stream here: it asks for the next page as long as somebody follows. */
export class RemoteProbe {
  isLive = true;
  readonly ring = { after: (n: number, limit: number): readonly KeptEvent[] => this.after(n, limit) };
  private page: readonly KeptEvent[] = [];
  private readonly readers = new Set<() => void>();
  private failures = 0;
  private asking = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly read: PageReader,
    private cursor: number,
  ) {}

  follow(reader: () => void): () => void {
    this.readers.add(reader);
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    return () => {
      this.readers.delete(reader);
      if (this.readers.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private after(n: number, limit: number): readonly KeptEvent[] {
    return this.page.filter((event) => event.n > n).slice(0, limit);
  }

  /** One page at a time: the next one is asked for when the reader has taken this one. */
  private async look(): Promise<void> {
    if (this.asking || !this.isLive) return;
    this.asking = true;
    try {
      const { events, more, probe } = await this.read(this.cursor, PAGE);
      this.failures = 0;
      this.page = events;
      this.cursor = events.at(-1)?.n ?? this.cursor;
      this.isLive = probe.state === 'live' || more;
    } catch {
      this.failures += 1;
      // Its reader asks again, and is told what is the matter.
      this.isLive = this.failures < MOST_FAILURES;
    } finally {
      this.asking = false;
    }
    for (const reader of [...this.readers]) reader();
  }
}
