import { describe, expect, it } from 'vitest';
import { Refusal } from '../../protocol/refusal.js';
import { decoyHash, hashPassword, isOutdated, passwordMatches } from './password-hash.js';
import { PasswordHasher } from './password-hasher.js';

/** Of the test suite of the algorithm's reference implementation (phc-winner-argon2, src/test.c): a password of two passes and 256 KiB. */
const REFERENCE = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';

describe('a password hash', () => {
  it('has the form and the cost that are documented, and a salt of its own', async () => {
    const [one, two] = await Promise.all([hashPassword('a password'), hashPassword('a password')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect([await passwordMatches('a password', one ?? ''), await passwordMatches('A password', one ?? '')]).toEqual([true, false]);
  });

  it('of the reference implementation is understood, and known to be of another cost', async () => {
    expect([await passwordMatches('password', REFERENCE), await passwordMatches('passwore', REFERENCE)]).toEqual([true, false]);
    expect([isOutdated(REFERENCE), isOutdated(decoyHash())]).toEqual([true, false]);
  });

  it('is of the letters, however they were composed', async () => {
    expect(await passwordMatches('Zu\u0308rich', await hashPassword('Z\u00fcrich'))).toBe(true);
  });

  it.each(['', 'plain', '$argon2i$v=19$m=256,t=2,p=1$c29tc2FsdA$nf65', '$2b$10$abcdefghijklmnopqrstuv'])('is not %j', async (stored) => {
    await expect(passwordMatches('x', stored)).rejects.toThrow('argon2id');
  });
});

describe('PasswordHasher', () => {
  it('asks an unknown account for as much work as a known one, and lets nobody in', async () => {
    const hasher = new PasswordHasher();
    expect(await hasher.check('password', undefined)).toEqual({ matches: false, outdated: false });
    expect(await hasher.check('password', REFERENCE)).toEqual({ matches: true, outdated: true });
    expect(await hasher.check('password', await hasher.hash('password'))).toEqual({ matches: true, outdated: false });
    const spent = async (stored: string | undefined): Promise<number> => {
      const before = process.cpuUsage();
      for (let round = 0; round < 4; round += 1) await hasher.check('password', stored);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const known = await spent(await hasher.hash('another'));
    // At the reference's cost it would be next to nothing.
    expect(await spent(undefined)).toBeGreaterThan(known / 4);
  });

  it('works on few at once and sends a flood away', async () => {
    const hasher = new PasswordHasher();
    const results = await Promise.allSettled(Array.from({ length: 40 }, () => hasher.check('password', REFERENCE)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(34);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused.every((error) => error instanceof Refusal && error.code === 'UNAVAILABLE' && error.retryAfterMs !== undefined)).toBe(
      true,
    );
    expect((await hasher.check('password', REFERENCE)).matches).toBe(true);
  });
});
