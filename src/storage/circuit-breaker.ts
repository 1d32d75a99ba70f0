export type CircuitState = 'closed' | 'half_open' | 'open';

/** What the breaker needs of time; tests give one of their own. */
export interface CircuitClock {
  /** Calls work once after `delayMs`; answers how to call it off. */
  after(delayMs: number, work: () => void): () => void;
}

export interface CircuitOptions {
  /** Time from one probe that failed to the next, in milliseconds. The first probe follows the opening at once. */
  readonly probeIntervalMs: number;
  /** Resolves where the dependency answers; rejects, within a deadline of its own, where it does not. */
  readonly probe: () => Promise<unknown>;
  readonly onOpen: (problem: string) => void;
  readonly onClose: () => void;
  readonly clock?: CircuitClock;
}

/**
 * Keeps callers from waiting for a dependency that is away (Nygard, Release It!, "Circuit Breaker").
 *
 * `closed`: calls go through. `open`: every call is refused at once. `half_open`: one probe is under way, calls are still refused.
 * Only a probe closes it again: a call that was under way when it opened says nothing about the calls to come.
 */
export class CircuitBreaker {
  private readonly clock: CircuitClock;
  private now: CircuitState = 'closed';
  private lastProblem: string | undefined;
  private callOff: () => void = () => undefined;
  private asking = false;
  private stopped = false;

  constructor(private readonly options: CircuitOptions) {
    this.clock = options.clock ?? TIMERS;
  }

  get state(): CircuitState {
    return this.now;
  }

  /** What the last call or probe failed with; undefined while the circuit is closed. */
  get problem(): string | undefined {
    return this.lastProblem;
  }

  /** The dependency cannot be reached: opens. Later failures while it is open change nothing. */
  open(problem: string): void {
    if (this.now !== 'closed' || this.stopped) return;
    this.now = 'open';
    this.lastProblem = problem;
    this.options.onOpen(problem);
    this.callOff = this.clock.after(0, () => void this.tryAgain());
  }

  /** Something is odd: asks the dependency, and opens where it does not answer. Calls go through meanwhile. */
  async suspect(): Promise<void> {
    if (this.now !== 'closed' || this.asking || this.stopped) return;
    const problem = await this.ask();
    if (problem !== undefined) this.open(problem);
  }

  /** No probe follows; the state stays as it is. */
  stop(): void {
    this.stopped = true;
    this.callOff();
  }

  private async tryAgain(): Promise<void> {
    if (this.asking) return this.waitForNext();
    this.now = 'half_open';
    const problem = await this.ask();
    if (this.stopped) return;
    if (problem === undefined) return this.close();
    this.now = 'open';
    this.lastProblem = problem;
    this.waitForNext();
  }

  private waitForNext(): void {
    this.callOff = this.clock.after(this.options.probeIntervalMs, () => void this.tryAgain());
  }

  private close(): void {
    this.now = 'closed';
    this.lastProblem = undefined;
    this.options.onClose();
  }

  /** Answers what is wrong; undefined where nothing is. */
  private async ask(): Promise<string | undefined> {
    this.asking = true;
    try {
      await this.options.probe();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.asking = false;
    }
  }
}

/** The process's own timers; none of them keeps it alive. */
const TIMERS: CircuitClock = {
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
