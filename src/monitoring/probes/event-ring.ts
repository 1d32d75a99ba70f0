/** An event as it is kept: written once, for every reader. */
export interface KeptEvent {
  /** 1, 2, 3 … within its probe. */
  readonly n: number;
  readonly kind: string;
  /** The event as JSON, its payload left out. */
  readonly text: string;
  /** The same with its payload, where the probe shows payloads and it has one. */
  readonly withPayload: string | undefined;
}

/** The last events of one probe, bounded in number and in size. */
export class EventRing {
  private readonly events: KeptEvent[] = [];
  private size = 0;

  constructor(
    private readonly most: number,
    private readonly mostBytes: number,
  ) {}

  /** The first that is still kept; 0: none ever came. */
  get first(): number {
    return this.events[0]?.n ?? 0;
  }

  get length(): number {
    return this.events.length;
  }

  push(event: KeptEvent): void {
    this.events.push(event);
    this.size += sizeOf(event);
    while (this.length > 1 && (this.length > this.most || this.size > this.mostBytes)) {
      this.size -= sizeOf(this.events.shift() as KeptEvent);
    }
  }

  /** Kept events after `n`, at most `limit`. */
  after(n: number, limit: number): readonly KeptEvent[] {
    const begin = Math.max(0, n + 1 - this.first);
    return this.events.slice(begin, begin + limit);
  }
}

function sizeOf({ text, withPayload }: KeptEvent): number {
  return text.length + (withPayload?.length ?? 0);
}
