import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Config } from '../../config/config.js';
import { LiveSettings } from '../../config/live-settings.js';
import { Refusal } from '../../protocol/refusal.js';
import { RecordingTelemetry } from '../../telemetry/recording-telemetry.js';
import { FailureRecords } from './failure-records.js';
import { SignInLimits } from './sign-in-limits.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

function parts(env: Readonly<Record<string, string>> = {}) {
  const settings = new LiveSettings(Config.from(env));
  const telemetry = new RecordingTelemetry();
  const limits = new SignInLimits(settings, telemetry);
  const waits = (name: string, group: string): number => {
    try {
      limits.takeAddress(name, group);
      return 0;
    } catch (error) {
      return error instanceof Refusal ? (error.retryAfterMs ?? -1) : -2;
    }
  };
  return { settings, telemetry, limits, waits };
}

describe('sign-in limits', () => {
  it('begin anew a minute after the first attempt, and tell how long that is', () => {
    const { waits, telemetry } = parts({ WAYBILL_SIGN_INS_PER_MINUTE: '2' });
    expect([waits('a', 'x'), waits('a', 'x')]).toEqual([0, 0]);
    vi.advanceTimersByTime(20_000);
    expect([waits('a', 'x'), waits('a', 'y'), waits('b', 'x')]).toEqual([40_000, 0, 0]);
    vi.advanceTimersByTime(39_999);
    expect(waits('a', 'x')).toBe(1);
    vi.advanceTimersByTime(1);
    expect(waits('a', 'x')).toBe(0);
    expect(telemetry.of('rateLimited')).toEqual([['sign_in'], ['sign_in']]);
  });

  it.each([
    ['of an account from one address', 'signInsPerMinute', 'WAYBILL_SIGN_INS_PER_MINUTE'],
    ['of an address', 'signInsPerAddress', 'WAYBILL_SIGN_INS_PER_ADDRESS'],
  ])('%s are changed while the program runs, and zero is none', (_name, option, env) => {
    const { settings, waits } = parts({ WAYBILL_SIGN_INS_PER_MINUTE: '0', WAYBILL_SIGN_INS_PER_ADDRESS: '0', [env]: '1' });
    expect([waits('a', 'x'), waits('a', 'x')]).toEqual([0, 60_000]);
    settings.replace(Config.from({}, { operators: { signInsPerMinute: 0, signInsPerAddress: 0, [option]: 2 } }));
    expect([waits('a', 'x'), waits('a', 'x')]).toEqual([0, 60_000]);
    settings.replace(Config.from({}, { operators: { signInsPerMinute: 0, signInsPerAddress: 0 } }));
    expect(waits('a', 'x')).toBe(0);
  });

  it('of an account over all addresses are changed while the program runs, and ask whether an address is known only when reached', async () => {
    const { settings, limits } = parts({ WAYBILL_SIGN_INS_PER_ACCOUNT: '1' });
    const isKnown = vi.fn<() => Promise<boolean>>().mockResolvedValue(true);
    await limits.takeAccount('a', isKnown);
    expect(isKnown).not.toHaveBeenCalled();
    await limits.takeAccount('a', isKnown);
    expect(isKnown).toHaveBeenCalledOnce();
    await expect(limits.takeAccount('a', async () => false)).rejects.toThrow('operators.signInsPerAccount');
    settings.replace(Config.from({}, { operators: { signInsPerAccount: 5 } }));
    await limits.takeAccount('a', async () => false);
  });

  it('are given back where the password was right', () => {
    const { waits, limits } = parts({ WAYBILL_SIGN_INS_PER_MINUTE: '1', WAYBILL_SIGN_INS_PER_ADDRESS: '2' });
    for (let round = 0; round < 5; round += 1) {
      expect(waits('a', 'x')).toBe(0);
      limits.succeeded('a', 'x');
    }
    expect([waits('b', 'x'), waits('c', 'x'), waits('d', 'x')]).toEqual([0, 0, 60_000]);
  });
});

describe('records of failures', () => {
  it('are bounded for a minute, and what was left out is told', () => {
    const records = new FailureRecords();
    const first = Array.from({ length: 200 }, () => records.take());
    expect([first.filter((left) => left === 0).length, first.filter((left) => left === undefined).length]).toEqual([120, 80]);
    vi.advanceTimersByTime(60_000);
    expect([records.take(), records.take()]).toEqual([80, 0]);
  });
});
