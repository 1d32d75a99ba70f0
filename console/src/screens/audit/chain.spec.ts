import { describe, expect, it } from 'vitest';
import type { AuditRecord } from './audit-record.ts';
import { ChainCheck } from './chain.ts';

/** As a gateway answered it. */
const FIRST: AuditRecord = {
  id: 1,
  at: 1_795_319_944_309,
  node: 'n-00156afb',
  actor: 'operator:admin',
  action: 'session.login',
  target: 'admin',
  result: 'OK',
  address: '127.0.0.1',
  trace_id: '8026ea1caa71f528ed74b98e541be426',
  digest: '16688988e8aa62a578450cf7d81423c35715c680b986bc5aba2b864158537dcc',
  prev_hash: '0000000000000000000000000000000000000000000000000000000000000000',
  hash: '4db3d2f639bf64ec9f3793a622cc653227665418da92e9e63c1edf96a44ea676',
};

describe('the chain of the audit trail, followed in the page', () => {
  it('follows what a gateway wrote', async () => {
    const check = new ChainCheck();
    expect(await check.add(FIRST)).toBeUndefined();
    expect(check.head).toEqual({ count: 1, hash: FIRST.hash });
  });

  it.each<[Partial<AuditRecord>, string]>([
    [{ actor: 'operator:eve' }, 'Record 1 was changed: its content does not have the digest that it carries.'],
    [{ hash: FIRST.digest }, 'Record 1 was changed: its hash is not that of its digest.'],
    [{ prev_hash: FIRST.digest }, 'Record 1 does not follow record 0: one of the two was replaced.'],
    [{ id: 3 }, 'Records 1 to 2 are missing.'],
  ])('finds %o', async (change, sentence) => {
    expect(await new ChainCheck().add({ ...FIRST, ...change })).toBe(sentence);
  });

  it('finds a record that stands twice', async () => {
    const check = new ChainCheck();
    await check.add(FIRST);
    expect(await check.add(FIRST)).toBe('Record 1 stands where record 2 should.');
  });
});
