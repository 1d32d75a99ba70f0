import type { ServerResponse } from 'node:http';
import type { KeptEvent } from './event-ring.js';
import type { Probe } from './probe.js';

const PAGE = 100;
const COMMENT_MS = 15_000;
/** A reader that takes nothing for so long is cut off. */
const STALL_MS = 30_000;

/** As much of a probe as a stream needs, wherever it is kept. */
export interface StreamedProbe {
  readonly isLive: boolean;
  readonly ring: Pick<Probe['ring'], 'after'>;
  follow(reader: () => void): () => void;
}

/** How a probe is read. */
export interface ProbeReading {
  /** Only events after this one. */
  readonly after: number;
  readonly withPayload: boolean;
  /** When the reader has to ask again, in milliseconds from now; 0: never. */
  readonly forMs: number;
}

/**
 * A probe's events as server-sent events. It reads from what the probe keeps as fast as its reader takes it, so a slow one costs no memory:
 * it is told how many it missed. It ends with the probe, whose last event says why, or after a while, so that its reader is admitted anew.
 */
export class ProbeStream {
  private cursor: number;
  private blocked = false;
  private blockedAt = 0;
  private finished = false;
  private stopFollowing: () => void = () => undefined;
  private comments: NodeJS.Timeout | undefined;
  private limit: NodeJS.Timeout | undefined;

  constructor(
    private readonly probe: StreamedProbe,
    private readonly reading: ProbeReading,
    private readonly response: ServerResponse,
  ) {
    this.cursor = reading.after;
  }

  start(): void {
    const { response } = this;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // HTTP/2 has no such header: there the stream ends, and the connection stays.
      ...(response.req.httpVersionMajor < 2 && { connection: 'close' }),
      'x-accel-buffering': 'no',
    });
    response.once('close', () => this.stop());
    response.on('error', () => this.stop());
    response.on('drain', () => this.unblock());
    this.comments = setInterval(() => this.tick(), COMMENT_MS).unref();
    if (this.reading.forMs > 0) this.limit = setTimeout(() => this.reopen(), this.reading.forMs).unref();
    this.stopFollowing = this.probe.follow(() => this.pump());
    this.write(': watching\n\n');
    this.pump();
  }

  private pump(): void {
    while (!this.blocked && !this.finished) {
      const events = this.probe.ring.after(this.cursor, PAGE);
      const [first] = events;
      if (first === undefined) break;
      if (first.n > this.cursor + 1) this.write(eventText('missed', undefined, JSON.stringify({ events: first.n - this.cursor - 1 })));
      for (const event of events) {
        this.cursor = event.n;
        this.write(eventText(event.kind, event.n, shown(event, this.reading.withPayload)));
        if (this.blocked) break;
      }
    }
    if (!this.blocked && !this.probe.isLive) this.finish();
  }

  private write(text: string): void {
    if (this.finished) return;
    this.blocked = !this.response.write(text);
    if (this.blocked) this.blockedAt = performance.now();
  }

  private unblock(): void {
    this.blocked = false;
    this.pump();
  }

  private tick(): void {
    if (!this.blocked) this.write(': still here\n\n');
    else if (performance.now() - this.blockedAt > STALL_MS) this.response.destroy();
  }

  private reopen(): void {
    this.write(
      eventText('reopen', undefined, JSON.stringify({ after: this.cursor, message: 'ask again, so that your rights are looked at' })),
    );
    this.finish();
  }

  private finish(): void {
    if (this.finished) return;
    this.stop();
    this.response.end();
  }

  private stop(): void {
    this.finished = true;
    this.stopFollowing();
    clearInterval(this.comments);
    clearTimeout(this.limit);
  }
}

/** What a reader may see of an event. */
export function shown({ text, withPayload }: KeptEvent, payload: boolean): string {
  return payload ? (withPayload ?? text) : text;
}

/** Events are one line of JSON each, so they need no splitting. */
function eventText(event: string, n: number | undefined, data: string): string {
  return `${n === undefined ? '' : `id: ${n}\n`}event: ${event}\ndata: ${data}\n\n`;
}
