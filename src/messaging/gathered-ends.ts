import type { MessageLog, TopicEnds } from './message-log.js';

/** Most topics of one read; what is beyond them goes into the next. */
const TOPICS_OF_A_READ = 500;
/** Reads under way at once. One would do if none ever hung; what waits meanwhile shares the next one. */
const READS_UNDER_WAY = 2;
/** Time between the beginnings of two reads, in milliseconds: in a storm it makes a few reads of many topics out of many of a few. */
const APART_MS = 5;

interface Waiting {
  readonly ends: Promise<TopicEnds>;
  readonly resolve: (ends: TopicEnds) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Reads ends of topics many at a time: what is asked within one turn of the event loop, or soon after an earlier read, is one
 * read, and each topic stands in it once. When thousands of users connect at once, each with a topic of their own, the log is asked
 * some tens of times. An answer is never older than its question: a read that was sent before takes nobody in.
 */
export class GatheredEnds {
  private readonly waiting = new Map<string, Waiting>();
  private underWay = 0;
  private scheduled = false;
  private lastReadAt = -Infinity;

  constructor(private readonly log: MessageLog) {}

  /** Ends of one topic. Rejects with what the read met. */
  of(topic: string): Promise<TopicEnds> {
    const { ends } = this.waiting.get(topic) ?? this.add(topic);
    this.schedule();
    return ends;
  }

  private add(topic: string): Waiting {
    const { promise: ends, resolve, reject } = Promise.withResolvers<TopicEnds>();
    const waiting = { ends, resolve, reject };
    this.waiting.set(topic, waiting);
    return waiting;
  }

  /** The end of the turn: what arrived with it has been asked by then. */
  private schedule(): void {
    if (this.scheduled || this.underWay >= READS_UNDER_WAY || this.waiting.size === 0) return;
    this.scheduled = true;
    const begin = (): void => {
      this.scheduled = false;
      this.lastReadAt = performance.now();
      void this.read(this.take());
    };
    const sooner = this.lastReadAt + APART_MS - performance.now();
    if (sooner <= 0) setImmediate(begin);
    else setTimeout(begin, sooner);
  }

  /** The topics that have waited longest. */
  private take(): ReadonlyMap<string, Waiting> {
    const taken = new Map([...this.waiting].slice(0, TOPICS_OF_A_READ));
    for (const topic of taken.keys()) this.waiting.delete(topic);
    return taken;
  }

  private async read(topics: ReadonlyMap<string, Waiting>): Promise<void> {
    this.underWay += 1;
    this.schedule();
    try {
      const ends = await this.log.ends([...topics.keys()]);
      let index = 0;
      for (const { resolve } of topics.values()) resolve(ends[index++] as TopicEnds);
    } catch (error) {
      for (const { reject } of topics.values()) reject(error);
    }
    this.underWay -= 1;
    this.schedule();
  }
}
