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
  const waits = async (name: string, group: string, exists = true): Promise<number> => {
    try {
      limits.takeAddress(group);
      await limits.takeAccount({ name, group }, exists, async () => false);
      return 0;
    } catch (error) {
      return error instanceof Refusal ? (error.retryAfterMs ?? -1) : -2;
    }
  };
  return { settings, telemetry, limits, waits };
}

describe('sign-in limits', () => {
  it('begin anew a minute after the first attempt, and tell how long that is', async () => {
    const { waits, telemetry } = parts({ WAYBILL_SIGN_INS_PER_MINUTE: '2' });
    expect([await waits('a', 'x'), await waits('a', 'x')]).toEqual([0, 0]);
    vi.advanceTimersByTime(20_000);
    expect([await waits('a', 'x'), await waits('a', 'y'), await waits('b', 'x')]).toEqual([40_000, 0, 0]);
    vi.advanceTimersByTime(39_999);
    expect(await waits('a', 'x')).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await waits('a', 'x')).toBe(0);
    expect(telemetry.of('rateLimited')).toEqual([['sign_in'], ['sign_in']]);
  });

  it.each([
    ['of an account from one address', 'signInsPerMinute', 'WAYBILL_SIGN_INS_PER_MINUTE'],
    ['of an address', 'signInsPerAddress', 'WAYBILL_SIGN_INS_PER_ADDRESS'],
    ['of an account', 'signInsPerAccount', 'WAYBILL_SIGN_INS_PER_ACCOUNT'],
  ])('%s are changed while the program runs, and zero is none', async (_name, option, env) => {
    const none = { signInsPerMinute: 0, signInsPerAddress: 0, signInsPerAccount: 0 };
    const { settings, waits } = parts({
      WAYBILL_SIGN_INS_PER_MINUTE: '0',
      WAYBILL_SIGN_INS_PER_ADDRESS: '0',
      WAYBILL_SIGN_INS_PER_ACCOUNT: '0',
      [env]: '1',
    });
    expect([await waits('a', 'x'), await waits('a', 'x')]).toEqual([0, 60_000]);
    settings.replace(Config.from({}, { operators: { ...none, [option]: 2 } }));
    expect([await waits('a', 'x'), await waits('a', 'x')]).toEqual([0, 60_000]);
    settings.replace(Config.from({}, { operators: none }));
    expect(await waits('a', 'x')).toBe(0);
  });

  it('over all addresses ask whether an address is known only when they are reached', async () => {
    const { limits } = parts({ WAYBILL_SIGN_INS_PER_ACCOUNT: '1' });
    const isKnown = vi.fn<() => Promise<boolean>>().mockResolvedValue(true);
    await limits.takeAccount({ name: 'a', group: 'x' }, true, isKnown);
    expect(isKnown).not.toHaveBeenCalled();
    await limits.takeAccount({ name: 'a', group: 'y' }, true, isKnown);
    expect(isKnown).toHaveBeenCalledOnce();
    await expect(limits.takeAccount({ name: 'a', group: 'z' }, true, async () => false)).rejects.toThrow('operators.signInsPerAccount');
  });

  it('are given back where the password was right', async () => {
    const { waits, limits } = parts({
      WAYBILL_SIGN_INS_PER_MINUTE: '1',
      WAYBILL_SIGN_INS_PER_ADDRESS: '2',
      WAYBILL_SIGN_INS_PER_ACCOUNT: '2',
    });
    for (let round = 0; round < 5; round += 1) {
      expect(await waits('a', 'x')).toBe(0);
      limits.succeeded({ name: 'a', group: 'x' });
    }
    expect([await waits('b', 'x'), await waits('c', 'x'), await waits('d', 'x')]).toEqual([0, 0, 60_000]);
  });

  it('of an account that exists outlive any number of names and addresses that somebody invents', async () => {
    const { waits } = parts({ WAYBILL_SIGN_INS_PER_ACCOUNT: '2', WAYBILL_SIGN_INS_PER_ADDRESS: '0' });
    expect([await waits('a', 'x'), await waits('a', 'x')]).toEqual([0, 0]);
    for (let index = 0; index < 25_000; index += 1) await waits(`invented-${index}`, `address-${index}`, false);
    expect(await waits('a', 'y')).toBe(60_000);
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
