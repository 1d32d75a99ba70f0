import { type HealthPart, OK, type PartCheck } from './health-part.js';

const RECENT_MS = 10_000;

/** The bus between nodes: judged by the calls that failed lately. The log heals what it loses, so it is never `down`. */
export class BusPart implements HealthPart {
  readonly name = 'bus';
  readonly affects =
    'live delivery between nodes: subscribers of other nodes get messages from the log, seconds later; presence and ephemeral topics stay within a node';

  /** @param lastErrorAt milliseconds since the epoch. */
  constructor(
    private readonly lastErrorAt: () => number | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  check(): PartCheck {
    const failedAt = this.lastErrorAt();
    if (failedAt === undefined || this.now() - failedAt > RECENT_MS) return OK;
    return {
      state: 'degraded',
      detail: `a call failed ${this.now() - failedAt} ms ago; live delivery between nodes falls back to the log`,
    };
  }
}
