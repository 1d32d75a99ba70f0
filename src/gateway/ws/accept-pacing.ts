import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LiveSettings } from '../../config/live-settings.js';
import { Refusal } from '../../protocol/refusal.js';
import { RateBucket } from '../limits/rate-bucket.js';
import { LoopLag } from './loop-lag.js';

/** When a refused client may come back, in milliseconds: spread, so that those of one storm do not return together. */
const RETRY_MS = { least: 1_000, most: 5_000 } as const;
/** Share of the lag that refuses at which upgrades are taken again: between the two nothing changes. */
const RECOVERED = 0.5;
const BURST_SECONDS = 2;

/**
 * Whether one more upgrade is begun now. A node that is short of time serves the connections that it has and sends newcomers away,
 * before anything is spent on them: when its event loop lags, when too many handshakes wait, or beyond a rate.
 */
@Injectable()
export class AcceptPacing {
  private readonly bucket = new RateBucket();
  private lagging = false;

  constructor(
    private readonly lag: LoopLag,
    private readonly settings: LiveSettings,
  ) {}

  /** Why an upgrade that arrives now is refused; undefined where it is not. `underWay`: handshakes that have begun and not ended. */
  refusal(underWay: number): Refusal | undefined {
    if (this.isLagging()) return refusal('the node is behind with its work', 'gateway.acceptLagMs');
    const { handshakesInFlight, acceptsPerSecond } = this.settings.current.gateway;
    if (handshakesInFlight > 0 && underWay >= handshakesInFlight)
      return refusal('too many handshakes are under way', 'gateway.handshakesInFlight');
    if (acceptsPerSecond > 0 && this.bucket.take(1, performance.now(), acceptsPerSecond, acceptsPerSecond * BURST_SECONDS) > 0)
      return refusal('too many connections are being made', 'gateway.acceptsPerSecond');
    return undefined;
  }

  private isLagging(): boolean {
    const { acceptLagMs } = this.settings.current.gateway;
    if (acceptLagMs === 0) return false;
    this.lagging = this.lag.meanMs > (this.lagging ? acceptLagMs * RECOVERED : acceptLagMs);
    return this.lagging;
  }
}

function refusal(reason: string, option: string): Refusal {
  const retryAfterMs = randomInt(RETRY_MS.least, RETRY_MS.most + 1);
  return new Refusal('UNAVAILABLE', `${reason} (option ${option})`, { retryAfterMs, rule: option });
}
