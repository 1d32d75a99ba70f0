import type { BusView } from '../../messaging/bus-view.js';
import { BUS_ROLES } from '../metrics/label-values.js';
import { type HealthPart, OK, type PartCheck } from './health-part.js';

const RECENT_MS = 10_000;
const LOST: Readonly<Record<(typeof BUS_ROLES)[number], string>> = {
  publish: 'it cannot tell the other nodes of messages',
  subscribe: 'it does not hear the other nodes',
};

/** The bus between nodes: judged by its two ways, and by the calls that failed lately. The log heals what it loses, so it is never `down`. */
export class BusPart implements HealthPart {
  readonly name = 'bus';
  readonly affects =
    'live delivery between nodes: durable messages of other nodes come from the log, at most a second and a half late; topics without a log answer UNAVAILABLE; presence shows who is on this node alone';

  /** @param lastErrorAt milliseconds since the epoch. */
  constructor(
    private readonly lastErrorAt: () => number | undefined,
    private readonly bus: Pick<BusView, 'isConnected' | 'trouble'> | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  check(): PartCheck {
    const { bus } = this;
    const lost = bus === undefined ? [] : BUS_ROLES.filter((role) => !bus.isConnected(role));
    if (bus !== undefined && lost.length > 0) {
      const why = bus.trouble();
      return { state: 'degraded', detail: `${lost.map((role) => LOST[role]).join(', and ')}${why === undefined ? '' : `: ${why}`}` };
    }
    const failedAt = this.lastErrorAt();
    if (failedAt === undefined || this.now() - failedAt > RECENT_MS) return OK;
    return {
      state: 'degraded',
      detail: `a call failed ${this.now() - failedAt} ms ago; live delivery between nodes falls back to the log`,
    };
  }
}
