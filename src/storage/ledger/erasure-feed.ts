import type { ErasedUsers } from '../../messaging/ledger/erased-users.js';
import type { Database } from '../database.js';
import { userHash } from './user-hash.js';

/** An erasure is acted upon for this long: a connection that was authenticating when it was noticed has a user by then. */
const FOLLOWED_MS = 60_000;
/** Clocks of nodes differ, and what began earlier may be stored later. */
const OVERLAP_MS = 60_000;

const BEGUN = 'select e.user_hash, e.begun_at from waybill.ledger_erasure e where e.begun_at > $1';

interface Followed {
  readonly begunAt: number;
  /** On the clock of `performance.now`. */
  readonly until: number;
}

/** Erasures that any node has begun, as this node comes to know of them. */
export class ErasureFeed {
  private readonly followed = new Map<string, Followed>();
  private since = Date.now() - OVERLAP_MS;

  constructor(private readonly database: Database) {}

  /** Erasures that are to be acted upon now; undefined: none. Every one that was stored before the call is among them. Rejects with `QueryFailure`. */
  async read(): Promise<ErasedUsers | undefined> {
    const rows = await this.database.query('ledger', { text: BEGUN, values: [this.since] });
    for (const [hash, begun] of rows as readonly (readonly [string, string])[]) this.note(hash, Number(begun));
    const now = performance.now();
    for (const [hash, { begunAt, until }] of this.followed) if (until < now && begunAt <= this.since) this.followed.delete(hash);
    const current = new Map([...this.followed].filter(([, { until }]) => until >= now).map(([hash, { begunAt }]) => [hash, begunAt]));
    return current.size === 0 ? undefined : { until: (user) => current.get(userHash(user)) };
  }

  private note(hash: string, begunAt: number): void {
    if (this.followed.get(hash)?.begunAt === begunAt) return;
    this.followed.set(hash, { begunAt, until: performance.now() + FOLLOWED_MS + Math.max(0, begunAt - Date.now()) });
    this.since = Math.max(this.since, begunAt - OVERLAP_MS);
  }
}
