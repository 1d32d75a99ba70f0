import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AuditHead, AuditRecord } from './audit-record.js';
import { canonicalJson } from './canonical-json.js';
import { ChainCheck, digestOf, GENESIS, hashOf } from './chain.js';
import { MemoryAuditTrail } from './memory-audit-trail.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let records: readonly AuditRecord[];
let head: AuditHead;

beforeAll(async () => {
  const trail = new MemoryAuditTrail();
  for (const target of ['a', 'b', 'c', 'd', 'e']) {
    await trail.record({ actor: 'key:x', action: 'act', target, result: 'OK', address: undefined, traceId: undefined, after: { target } });
  }
  records = await trail.read({ order: 'oldest', limit: 10 });
  head = await trail.head();
});

function problemOf(found: readonly AuditRecord[], kept: readonly AuditHead[] = []): string | undefined {
  const check = new ChainCheck(kept);
  for (const record of found) {
    const problem = check.add(record);
    if (problem !== undefined) return problem;
  }
  return check.end();
}

/** The trail anew from one record on, as somebody would who knows how it is made. */
function forged(from: number, change: Partial<AuditRecord>): readonly AuditRecord[] {
  let prevHash = GENESIS.hash;
  return records.map(({ digest: _digest, prev_hash: _prev, hash: _hash, ...record }) => {
    const { id, ...content } = record.id === from ? { ...record, ...change } : record;
    const digest = digestOf(content);
    const chained = { id, ...content, digest, prev_hash: prevHash, hash: hashOf(prevHash, id, digest) } as AuditRecord;
    prevHash = chained.hash;
    return chained;
  });
}

describe('canonical JSON', () => {
  it.each([
    [{ b: 1, a: { d: [1, 'x', null], c: true } }, '{"a":{"c":true,"d":[1,"x",null]},"b":1}'],
    // The example of RFC 8785, section 3.2.3: the order is that of UTF-16 code units.
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
    ],
    [[1e21, 0.000001, 1e-7, -0], '[1e+21,0.000001,1e-7,0]'],
  ])('writes %j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

describe('the chain', () => {
  it('is made as docs/audit.md says', () => {
    const { id, digest, prev_hash: prevHash, hash, ...content } = records[1] as AuditRecord;
    expect(digest).toBe(
      sha256(`{"action":"act","actor":"key:x","after":{"target":"b"},"at":${content.at},"node":"memory","result":"OK","target":"b"}`),
    );
    expect(hash).toBe(sha256(`${prevHash}:${id}:${digest}`));
    expect(prevHash).toBe(records[0]?.hash);
  });

  it('holds, with its own head and with heads that were kept', () => {
    const kept = [2, 5].map((id) => ({ count: id, hash: records[id - 1]?.hash ?? '' }));
    expect(problemOf(records, kept)).toBeUndefined();
    expect(problemOf([], [GENESIS])).toBeUndefined();
  });

  const at = (index: number): AuditRecord => records[index] as AuditRecord;
  it.each([
    [
      'a changed record',
      () => records.map((record) => (record.id === 3 ? { ...record, target: 'x' } : record)),
      /record 3 was changed: its content/,
    ],
    [
      'a changed result',
      () => records.map((record) => (record.id === 3 ? { ...record, result: 'NOT_FOUND' } : record)),
      /record 3 was changed/,
    ],
    ['a changed state', () => records.map((record) => (record.id === 3 ? { ...record, after: {} } : record)), /record 3 was changed/],
    [
      'a changed record with the digest to it',
      () => records.map((record) => (record.id === 3 ? { ...record, digest: digestOf({ ...record, target: 'x' }), target: 'x' } : record)),
      /record 3 was changed/,
    ],
    ['a removed record', () => records.filter(({ id }) => id !== 3), /records 3 to 3 are missing/],
    ['a removed beginning', () => records.slice(2), /records 1 to 2 are missing/],
    ['records in another order', () => [at(0), at(2), at(1), at(3), at(4)], /records 2 to 2 are missing/],
    ['swapped numbers', () => [at(0), { ...at(2), id: 2 }, { ...at(1), id: 3 }, at(3), at(4)], /record 2 does not follow record 1/],
    ['a record twice', () => [at(0), at(0), ...records.slice(1)], /record 1 stands where record 2 should/],
    [
      'a replaced record',
      () => [at(0), forged(2, { target: 'x' })[1] as AuditRecord, ...records.slice(2)],
      /record 3 does not follow record 2/,
    ],
  ])('shows %s', (_what, found, sentence) => {
    expect(problemOf(found(), [head])).toMatch(sentence);
  });

  it('shows a cut tail by a head that was kept, and by nothing else', () => {
    const cut = records.slice(0, 3);
    expect(problemOf(cut)).toBeUndefined();
    expect(problemOf(cut, [{ count: 3, hash: at(2).hash }])).toBeUndefined();
    expect(problemOf(cut, [head])).toMatch(/ends with record 3, and there were 5 when its head was noted: the tail was cut/);
  });

  it('shows a trail that was made anew by a head that was kept, and by nothing else', () => {
    const anew = forged(2, { actor: 'key:innocent' });
    expect(problemOf(anew, [{ count: 5, hash: anew[4]?.hash ?? '' }])).toBeUndefined();
    expect(problemOf(anew, [head])).toMatch(/record 5 is not the one that was there when its hash was noted/);
  });
});
