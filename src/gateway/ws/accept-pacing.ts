import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { LoopLag } from './loop-lag.js';
import { RateBucket } from './rate-bucket.js';

/** When a refused client may come back, in milliseconds: spread, so that those of one storm do not return together. */
const RETRY_MS = { least: 1_000, most: 5_000 } as const;
/** Share of the lag that refuses at which upgrades are taken again: between the two nothing changes. */
const RECOVERED = 0.5;

/**
 * Whether one more upgrade is begun now. A node that is short of time serves the connections that it has and sends newcomers away,
 * before anything is spent on them: when its event loop lags, when too many handshakes wait, or beyond a rate.
 */
@Injectable()
export class AcceptPacing {
  private readonly bucket: RateBucket | undefined;
  private lagging = false;

  constructor(
    private readonly lag: LoopLag,
    private readonly config: Config,
  ) {
    const { acceptsPerSecond } = config.gateway;
    this.bucket = acceptsPerSecond === 0 ? undefined : new RateBucket(acceptsPerSecond, performance.now());
  }

  /** Why an upgrade that arrives now is refused; undefined where it is not. `underWay`: handshakes that have begun and not ended. */
  refusal(underWay: number): Refusal | undefined {
    if (this.isLagging()) return refusal('the node is behind with its work (option gateway.acceptLagMs)');
    const { handshakesInFlight } = this.config.gateway;
    if (handshakesInFlight > 0 && underWay >= handshakesInFlight)
      return refusal('too many handshakes are under way (option gateway.handshakesInFlight)');
    if (this.bucket !== undefined && this.bucket.take(performance.now()) > 0)
      return refusal('too many connections are being made (option gateway.acceptsPerSecond)');
    return undefined;
  }

  private isLagging(): boolean {
    const { acceptLagMs } = this.config.gateway;
    if (acceptLagMs === 0) return false;
    this.lagging = this.lag.meanMs > (this.lagging ? acceptLagMs * RECOVERED : acceptLagMs);
    return this.lagging;
  }
}

function refusal(message: string): Refusal {
  return new Refusal('UNAVAILABLE', message, { retryAfterMs: randomInt(RETRY_MS.least, RETRY_MS.most + 1) });
}
