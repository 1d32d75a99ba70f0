import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Config } from '../../config/config.js';
import { LiveSettings } from '../../config/live-settings.js';
import { AcceptPacing } from './accept-pacing.js';
import { LoopLag } from './loop-lag.js';

/** A lag that a test decides. */
class GivenLag extends LoopLag {
  ms = 0;

  override get meanMs(): number {
    return this.ms;
  }
}

function paced(env: Readonly<Record<string, string>> = {}) {
  const lag = new GivenLag();
  return { lag, pacing: new AcceptPacing(lag, new LiveSettings(Config.from(env))) };
}

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

describe('accept pacing', () => {
  it('refuses above the lag, and takes upgrades again only at half of it', () => {
    const { lag, pacing } = paced({ WAYBILL_ACCEPT_LAG_MS: '100' });
    const taken = [0, 100, 101, 99, 51, 50, 99, 100].map((ms) => {
      lag.ms = ms;
      return pacing.refusal(0) === undefined;
    });
    expect(taken).toEqual([true, true, false, false, false, true, true, true]);
  });

  it('says when to come back, spread over seconds', () => {
    const { lag, pacing } = paced();
    lag.ms = 10_000;
    const refusals = Array.from({ length: 500 }, () => pacing.refusal(0));
    const waits = refusals.map((refusal) => refusal?.retryAfterMs ?? 0);
    expect(refusals[0]).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('gateway.acceptLagMs') as string });
    expect([Math.min(...waits) >= 1_000, Math.max(...waits) <= 5_000]).toEqual([true, true]);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(2_000);
  });

  it('does not look at the lag where it is told not to', () => {
    const { lag, pacing } = paced({ WAYBILL_ACCEPT_LAG_MS: '0' });
    lag.ms = 10_000;
    expect(pacing.refusal(0)).toBeUndefined();
  });

  it('bounds the handshakes under way', () => {
    const { pacing } = paced({ WAYBILL_HANDSHAKES_IN_FLIGHT: '3' });
    expect([0, 2, 3, 4, 2].map((underWay) => pacing.refusal(underWay)?.code)).toEqual([
      undefined,
      undefined,
      'UNAVAILABLE',
      'UNAVAILABLE',
      undefined,
    ]);
    expect(paced({ WAYBILL_HANDSHAKES_IN_FLIGHT: '0' }).pacing.refusal(1e6)).toBeUndefined();
  });

  it('takes so many in a second, and bursts of twice as many', () => {
    const { pacing } = paced({ WAYBILL_ACCEPTS_PER_SECOND: '10' });
    const takenOf = (arrivals: number): number =>
      Array.from({ length: arrivals }, () => pacing.refusal(0)).filter((r) => r === undefined).length;
    expect(takenOf(100)).toBe(20);
    vi.advanceTimersByTime(1_000);
    expect(takenOf(100)).toBe(10);
  });
});
