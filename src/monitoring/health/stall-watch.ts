/** A time in which the event loop did nothing for anybody, in milliseconds. */
export interface Stall {
  readonly durationMs: number;
  /** How long ago it was noticed. */
  readonly agoMs: number;
}

const TICK_MS = 500;
/** A tick that is later than this is a stall: clients notice it, and no ordinary work takes so long. */
const STALL_MS = 1_000;

/** Notices by one timer's lateness that the event loop stood still, whether it was busy or the whole process was stopped. */
export class StallWatch {
  private tickAt = 0;
  private latest: { readonly durationMs: number; readonly noticedAt: number } | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param now a clock in milliseconds that goes on while the process does not. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  start(): void {
    this.tickAt = this.now();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** The last stall, also one whose late tick is still to come; undefined where there was none. */
  get last(): Stall | undefined {
    if (this.timer !== undefined) this.look();
    return this.latest === undefined ? undefined : { durationMs: this.latest.durationMs, agoMs: this.now() - this.latest.noticedAt };
  }

  private tick(): void {
    this.look();
    this.tickAt = this.now();
  }

  private look(): void {
    const noticedAt = this.now();
    const durationMs = noticedAt - this.tickAt - TICK_MS;
    if (durationMs >= STALL_MS) this.latest = { durationMs, noticedAt };
  }
}
