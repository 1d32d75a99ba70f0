import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/audit/audit-record.js';
import type { AuditEntry, AuditTrail } from '../../src/audit/audit-trail.js';
import type { AuditQuery, AuditView } from '../../src/audit/audit-view.js';
import { ChainCheck, GENESIS } from '../../src/audit/chain.js';

/** A trail that two nodes write; for one that knows a single node, both are the same. */
export interface OpenTrail {
  readonly first: AuditTrail & AuditView;
  readonly second: AuditTrail & AuditView;
  close(): Promise<void>;
}

const ALL: AuditQuery = { order: 'oldest', limit: 1_000 };

function entry(action: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return { actor: 'operator:ada', action, target: 'x', result: 'OK', address: '127.0.0.1', traceId: 'ab'.repeat(16), ...more };
}

function problemOf(records: readonly AuditRecord[]): string | undefined {
  const check = new ChainCheck();
  for (const record of records) {
    const problem = check.add(record);
    if (problem !== undefined) return problem;
  }
  return check.end();
}

/** What every audit trail promises; each adapter runs it. */
export function describeAuditTrail(name: string, open: () => Promise<OpenTrail>): void {
  describe(`${name} as audit trail`, () => {
    let trail: OpenTrail;
    beforeAll(async () => {
      trail = await open();
    });
    afterAll(() => trail.close());

    const everything = (): Promise<readonly AuditRecord[]> => trail.first.read(ALL);

    it('begins empty, and can be written', async () => {
      expect(await everything()).toEqual([]);
      expect(await trail.first.head()).toEqual(GENESIS);
      expect(trail.first.refusal).toBeUndefined();
    });

    it('gives back what was recorded, with who, what, when, where and both states', async () => {
      const before = { scopes: ['read'], nested: { b: 1, a: [null, true, 1.5, 'ä€😀"\\'] } };
      const began = Date.now();
      await trail.first.record(entry('key.create', { before, after: { z: 1e21, a: -0.25, tiny: 5e-324 } }));
      const [record] = await everything();
      expect(record).toMatchObject({
        id: 1,
        actor: 'operator:ada',
        action: 'key.create',
        target: 'x',
        result: 'OK',
        address: '127.0.0.1',
        trace_id: 'ab'.repeat(16),
        before,
        after: { z: 1e21, a: -0.25, tiny: 5e-324 },
        prev_hash: GENESIS.hash,
      });
      expect(record?.at).toBeGreaterThanOrEqual(began);
      expect(record?.at).toBeLessThanOrEqual(Date.now());
    });

    it('leaves out what there is none of', async () => {
      await trail.first.record(entry('bare', { address: undefined, traceId: undefined, before: undefined, after: null }));
      const record = (await everything()).at(-1) as AuditRecord;
      expect(Object.keys(record).sort()).toEqual(
        ['id', 'at', 'node', 'actor', 'action', 'target', 'result', 'digest', 'prev_hash', 'hash'].sort(),
      );
    });

    it('takes text that no database takes, and bounds its size', async () => {
      await trail.first.record(
        entry('odd', { target: `a\0b\ud800${'c'.repeat(5_000)}`, before: { 'k\0': '\0\udc00v' }, after: 'x'.repeat(20_000) }),
      );
      const record = (await everything()).at(-1) as AuditRecord;
      expect(record.target.startsWith('ab\ufffdccc')).toBe(true);
      expect(record.target).toHaveLength(1_024);
      expect(record.before).toEqual({ k: '\ufffdv' });
      expect(record.after).toEqual({ omitted: expect.stringContaining('20002 characters') as string });
    });

    it('numbers without gaps and chains, however many write at once on two nodes', async () => {
      const before = (await trail.first.head()).count;
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? trail.first : trail.second).record(entry('many', { target: String(index) })),
        ),
      );
      const records = await everything();
      expect(records.map(({ id }) => id)).toEqual(records.map((_, index) => index + 1));
      expect(records).toHaveLength(before + 40);
      expect(problemOf(records)).toBeUndefined();
      expect(await trail.second.head()).toEqual({ count: before + 40, hash: records.at(-1)?.hash });
    });

    it('is read page by page, in both orders', async () => {
      const { count } = await trail.first.head();
      const ids: number[] = [];
      for (let after: number | undefined; ids.length < count; after = ids.at(-1)) {
        const page = await trail.first.read({ order: 'newest', limit: 7, after });
        expect(page.length).toBeGreaterThan(0);
        ids.push(...page.map(({ id }) => id));
      }
      expect(ids).toEqual(Array.from({ length: count }, (_, index) => count - index));
      expect((await trail.first.read({ order: 'oldest', limit: 2, after: 3 })).map(({ id }) => id)).toEqual([4, 5]);
    });

    it('filters by actor, action, target, result and time', async () => {
      await trail.first.record(entry('one.thing', { actor: 'key:ci', target: 'this', result: 'NOT_FOUND' }));
      const only = (await everything()).at(-1) as AuditRecord;
      for (const filter of [{ actor: 'key:ci' }, { action: 'one.thing' }, { target: 'this' }, { result: 'NOT_FOUND' }]) {
        expect(await trail.first.read({ ...ALL, ...filter })).toEqual([only]);
      }
      expect(await trail.first.read({ ...ALL, actor: 'key:ci', result: 'OK' })).toEqual([]);
      expect(await trail.first.read({ ...ALL, to: only.at, action: 'one.thing' })).toEqual([]);
      expect(await trail.first.read({ ...ALL, from: only.at, to: only.at + 1, action: 'one.thing' })).toEqual([only]);
      expect(await trail.first.read({ ...ALL, from: only.at + 1 })).toEqual([]);
    });
  });
}
