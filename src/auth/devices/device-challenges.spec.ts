import { afterEach, describe, expect, it, vi } from 'vitest';
import { testConfig } from '../../../test/support/tokens.js';
import { Secrets } from '../secrets.js';
import { BY_REST, type ChallengePlace, DeviceChallenges } from './device-challenges.js';

const make = (env: Readonly<Record<string, string>> = {}): DeviceChallenges => {
  const config = testConfig(env);
  return new DeviceChallenges(config, new Secrets(config));
};

afterEach(() => vi.useRealTimers());

describe('a challenge', () => {
  it('is known again by every node with the same secret, and by no other', () => {
    const { nonce } = make().give('pump-7', BY_REST);
    expect(make().judge(nonce, 'pump-7', BY_REST)).toBe('good');
    const stranger = make({ WAYBILL_JWT_SECRET: 'another secret of the tests, of more than 32 bytes' });
    expect(stranger.judge(nonce, 'pump-7', BY_REST)).toBe('foreign');
    expect(make({ WAYBILL_DEVICE_SERVER: 'another' }).judge(nonce, 'pump-7', BY_REST)).toBe('foreign');
  });

  it.each<[string, string, ChallengePlace]>([
    ['another device', 'pump-8', BY_REST],
    ['another connection', 'pump-7', { connection: 'c1', purpose: 'token' }],
    ['another purpose', 'pump-7', { connection: 'rest', purpose: 'socket' }],
  ])('is not for %s', (_name, device, place) => {
    const challenges = make();
    expect(challenges.judge(challenges.give('pump-7', BY_REST).nonce, device, place)).toBe('foreign');
  });

  it('is over when its time is, to the millisecond, and tells when', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_763_720_000_000 });
    const challenges = make({ WAYBILL_DEVICE_CHALLENGE_S: '7' });
    const { nonce, expires_at: expiresAt } = challenges.give('pump-7', BY_REST);
    expect([expiresAt, challenges.expiryOf(nonce)]).toEqual([1_763_720_007_000, 1_763_720_007_000]);
    vi.setSystemTime(expiresAt);
    expect(challenges.judge(nonce, 'pump-7', BY_REST)).toBe('good');
    vi.setSystemTime(expiresAt + 1);
    expect(challenges.judge(nonce, 'pump-7', BY_REST)).toBe('expired');
  });

  it('cannot be changed: not its time, not a byte of it', () => {
    const challenges = make();
    const bytes = Buffer.from(challenges.give('pump-7', BY_REST).nonce, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 0x80, index);
      expect(challenges.judge(changed.toString('base64url'), 'pump-7', BY_REST)).toBe('foreign');
    }
  });

  it('is another each time', () => {
    const challenges = make();
    expect(new Set(Array.from({ length: 1_000 }, () => challenges.give('pump-7', BY_REST).nonce)).size).toBe(1_000);
  });
});
