/** Samples kept: the one whose answer came quickest says most. */
const SAMPLES = 16;

interface Sample {
  readonly roundTripMs: number;
  /** What is added to this process's monotonic clock. */
  readonly offsetMs: number;
}

/**
 * The clock of Redis, as this node knows it: nodes whose own clocks differ can tell each other times by it. It is off by at most half of
 * the quickest round trip lately.
 */
export class RedisClock {
  private samples: Sample[] = [];

  /** Milliseconds since the epoch. Until Redis was asked: by this machine's own clock. */
  now(): number {
    const { offsetMs = performance.timeOrigin } = this.best() ?? {};
    return performance.now() + offsetMs;
  }

  /** By how many milliseconds `now` is off at most. */
  get errorMs(): number {
    return (this.best()?.roundTripMs ?? Infinity) / 2;
  }

  /** Redis said this time, in milliseconds since the epoch; it was asked and answered at these monotonic times. */
  learn(timeMs: number, askedAt: number, answeredAt: number): void {
    const sample = { roundTripMs: answeredAt - askedAt, offsetMs: timeMs - (askedAt + answeredAt) / 2 };
    this.samples = [...this.samples.slice(1 - SAMPLES), sample];
  }

  private best(): Sample | undefined {
    let best: Sample | undefined;
    for (const sample of this.samples) if (best === undefined || sample.roundTripMs <= best.roundTripMs) best = sample;
    return best;
  }
}
