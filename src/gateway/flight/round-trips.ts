const KEPT = 8;
const EVERY_MS = 60_000;
/** Of what is faster than this nobody asks how it changed. */
const NOTEWORTHY_MS = 10;

/** A ping's round trip: how long after the connection opened, and how long it took, both in milliseconds. */
export interface RoundTrip {
  readonly since: number;
  readonly ms: number;
}

/**
 * Ping round trips of one connection: the last one, and before it one for each minute and each doubling or halving. They have a list of
 * their own, so that a quiet day of pings does not push out what happened.
 */
export class RoundTrips {
  private lastSince = 0;
  private lastMs = 0;
  /** Pairs, oldest first: plain numbers, since there are as many lists as connections. */
  private readonly kept: number[] = [];

  add(since: number, roundTripMs: number): void {
    const ms = Math.round(roundTripMs);
    this.lastSince = since;
    this.lastMs = ms;
    const keptSince = this.kept.at(-2);
    const keptMs = this.kept.at(-1);
    if (keptSince !== undefined && keptMs !== undefined && since - keptSince < EVERY_MS && !differs(ms, keptMs)) return;
    if (this.kept.length >= KEPT * 2) this.kept.splice(0, 2);
    this.kept.push(since, ms);
  }

  *list(): Generator<RoundTrip> {
    for (let at = 0; at < this.kept.length; at += 2) yield { since: this.kept[at] as number, ms: this.kept[at + 1] as number };
    if (this.kept.at(-2) !== this.lastSince) yield { since: this.lastSince, ms: this.lastMs };
  }
}

function differs(ms: number, kept: number): boolean {
  const [less, more] = ms < kept ? [ms, kept] : [kept, ms];
  return more >= less * 2 && more - less >= NOTEWORTHY_MS;
}
