import type { HealthPart, PartCheck, PartState } from './health-part.js';

const CHECK_EVERY_MS = 2_000;

/**
 * `starting` and `draining` answer 503; a part that is degraded or down does not, since no other node would do better. The canary alone
 * may take a node out: its way does not leave the node.
 */
export type NodePhase = 'starting' | 'ready' | 'draining';

export interface PartReport extends PartCheck {
  /** What works badly because of it; absent while it is ok. */
  readonly affects?: string;
  /** Since when it has been in this state, milliseconds since the epoch. */
  readonly since: number;
  /** The same as an age, milliseconds. */
  readonly age_ms: number;
}

export interface HealthReport {
  /** `failing`: it would be ready, and a hop of its own does not work. */
  readonly status: NodePhase | 'failing';
  /** The worst state of a part. */
  readonly state: PartState;
  readonly parts: Readonly<Record<string, PartReport>>;
}

interface Watched {
  readonly part: HealthPart;
  /** Undefined until the first look: while the program starts, a part may not be there yet. */
  last: PartCheck | undefined;
  since: number;
}

/** What works and what does not, part by part. Looks now and then by itself, so that changes are seen when they happen. */
export class Health {
  private readonly watched: Watched[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param onChange called when a part changes its state. */
  constructor(
    private readonly phase: () => NodePhase,
    private readonly onChange: (part: string, check: PartCheck) => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  watch(part: HealthPart): void {
    this.watched.push({ part, last: undefined, since: this.now() });
  }

  start(): void {
    this.timer = setInterval(() => this.look(), CHECK_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  report(): HealthReport {
    this.look();
    return this.known();
  }

  /** As the last look had it. */
  known(): HealthReport {
    const parts = this.watched.flatMap(({ part, last, since }): [string, PartReport][] =>
      last === undefined ? [] : [[part.name, reportOf(part, last, Math.round(this.now() - since))]],
    );
    const phase = this.phase();
    const failing = phase === 'ready' && this.watched.some(({ last }) => last?.unready === true);
    return { status: failing ? 'failing' : phase, state: worst(parts.map(([, { state }]) => state)), parts: Object.fromEntries(parts) };
  }

  private look(): void {
    for (const watched of this.watched) {
      const check = watched.part.check();
      const before = watched.last;
      watched.last = check;
      if (check.state === before?.state) continue;
      watched.since = this.now();
      if (before !== undefined) this.onChange(watched.part.name, check);
    }
  }
}

function reportOf({ affects }: HealthPart, check: PartCheck, ageMs: number): PartReport {
  return { ...check, ...(check.state === 'ok' ? {} : { affects }), since: Date.now() - ageMs, age_ms: ageMs };
}

function worst(states: readonly PartState[]): PartState {
  if (states.includes('down')) return 'down';
  return states.includes('degraded') ? 'degraded' : 'ok';
}
