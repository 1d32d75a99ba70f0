import type { ConfigValues } from '../../config/schema.js';
import type { Due } from './deadline-heap.js';

/** What a connection must do when a time has come, in the order in which several are judged. */
export type Appointment = 'auth' | 'expired' | 'expiring' | 'resume' | 'idle' | 'old';

/** Told when an appointment is due. */
export interface AppointmentKeeper {
  keep(appointment: Appointment): void;
}

const NEVER = Infinity;

/**
 * The appointments of one connection, in milliseconds of `performance.now()`: plain numbers, of which the soonest stands in the heap
 * that all connections share.
 */
export class Lifetime implements Due {
  dueAt = NEVER;
  heapIndex = -1;
  authBy = NEVER;
  /** Server topics wait until then for a `resume` frame. */
  resumeBy = NEVER;
  lastFrameAt = 0;
  private expiresAt = NEVER;
  private noticeAt = NEVER;
  private oldAt = NEVER;

  constructor(readonly owner: AppointmentKeeper) {}

  /** Sets when a token expires; `expiresAt` in milliseconds since the epoch. */
  expireAt(expiresAt: number | undefined, noticeMs: number): void {
    this.expiresAt = expiresAt === undefined ? NEVER : performance.now() + (expiresAt - Date.now());
    this.noticeAt = expiresAt === undefined || noticeMs === 0 ? NEVER : this.expiresAt - noticeMs;
  }

  /** Sets the maximum age, spread by a tenth so that connections which came together do not leave together. */
  ageFrom(now: number, maxAgeMs: number): void {
    if (maxAgeMs > 0) this.oldAt = now + maxAgeMs * (0.95 + Math.random() * 0.1);
  }

  /** The soonest time at which something is due; infinite where nothing is. */
  soonest(config: ConfigValues['gateway']): number {
    return Math.min(this.authBy, this.resumeBy, this.noticeAt, this.expiresAt, this.oldAt, this.idleAt(config.idleTimeoutMs));
  }

  /** What is due now, once: an appointment that is answered does not come back. */
  take(now: number, config: ConfigValues['gateway']): Appointment | undefined {
    if (this.authBy <= now) {
      this.authBy = NEVER;
      return 'auth';
    }
    if (this.expiresAt <= now) {
      this.expiresAt = NEVER;
      return 'expired';
    }
    if (this.noticeAt <= now) {
      this.noticeAt = NEVER;
      return 'expiring';
    }
    if (this.resumeBy <= now) {
      this.resumeBy = NEVER;
      return 'resume';
    }
    if (this.oldAt <= now) {
      this.oldAt = NEVER;
      return 'old';
    }
    return this.idleAt(config.idleTimeoutMs) <= now ? 'idle' : undefined;
  }

  private idleAt(idleTimeoutMs: number): number {
    return idleTimeoutMs === 0 ? NEVER : this.lastFrameAt + idleTimeoutMs;
  }
}
