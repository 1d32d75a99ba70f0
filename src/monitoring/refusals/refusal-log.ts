import type { Refused } from '../../telemetry/refused.js';
import type { Log } from '../logging/log.js';
import { RepeatLimiter } from '../logging/repeat-limiter.js';

const MOST_LINES = 20;
const WINDOW_MS = 1_000;

/**
 * Writes why somebody was refused, in words. Repeats of one caller by one rule are counted rather than written, and so is what is
 * beyond some lines a second, whoever they are: a flood must not become a flood of lines.
 */
export class RefusalLog {
  private windowBegan = -Infinity;
  private lines = 0;
  private leftOut = 0;

  constructor(
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
    private readonly repeats: RepeatLimiter = new RepeatLimiter(now),
  ) {}

  write(refused: Refused): void {
    const { kind, code, rule, message, user, address, client, topic, ref, connectionId, traceId } = refused;
    const repeated = this.repeats.admit(`${kind}|${code}|${rule ?? ''}|${user ?? ''}|${address ?? ''}`);
    if (repeated === undefined || !this.hasRoom()) return;
    const known = { rule, user, address, client, topic, ref, connection_id: connectionId, trace_id: traceId };
    const counts = { ...(repeated === 0 ? {} : { repeated }), ...(this.leftOut === 0 ? {} : { left_out: this.leftOut }) };
    this.leftOut = 0;
    const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
    this.log.info({ event: 'refused', kind, code, ...given, ...counts }, `${kind} refused: ${message}`);
  }

  private hasRoom(): boolean {
    const now = this.now();
    if (now - this.windowBegan >= WINDOW_MS) {
      this.windowBegan = now;
      this.lines = 0;
    }
    this.lines += 1;
    if (this.lines <= MOST_LINES) return true;
    this.leftOut += 1;
    return false;
  }
}
