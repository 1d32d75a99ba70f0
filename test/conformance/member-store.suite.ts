import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MemberCard } from '../../src/cluster/member.js';
import type { Beat, BeatTerms, MemberStore } from '../../src/cluster/member-store.js';

const LEASE_MS = 300;
const TERMS: BeatTerms = { leaseMs: LEASE_MS, keepMs: 60_000 };
const BEAT_MS = 50;

type Written = Extract<Beat, { readonly kind: 'written' }>;

export function cardOf(node: string, run = `${node}-1`): MemberCard {
  const load = { state: 'ready', connections: 3, loop_delay_p99_ms: 1.5, nearest_limit: { name: 'connections', share: 0.25 } } as const;
  return { node, run, version: '1.0.0', region: null, started_at: 1_763_795_000_123, common: { database: 'one' }, load };
}

/** @param open makes a store of one more node of the same cluster; the first call begins a cluster. */
export function describeMemberStore(name: string, open: (isFirst: boolean) => Promise<MemberStore>): void {
  describe(`${name} as a store of members`, () => {
    let store: MemberStore;
    let other: MemberStore;

    beforeEach(async () => {
      store = await open(true);
      other = await open(false);
    });

    const beat = async (card: MemberCard, by = store, terms = TERMS): Promise<Written> => {
      const found = await by.beat(card, terms);
      if (found.kind === 'taken') throw new Error(`${card.node} is taken by ${found.run}`);
      return found;
    };
    const names = ({ members }: Written): readonly string[] => members.map(({ card }) => card.node).toSorted();
    /** Beats until the beat says so; a busy machine may take its time. */
    const beatsUntil = async (card: MemberCard, isSo: (found: Written) => boolean, by = store): Promise<Written> => {
      for (const until = Date.now() + 10_000; Date.now() < until; await sleep(BEAT_MS)) {
        const found = await beat(card, by);
        if (isSo(found)) return found;
      }
      throw new Error('it never was so');
    };

    it('tells each node of all, with their cards as they were written last', async () => {
      expect(await beat(cardOf('a'))).toEqual({
        kind: 'written',
        members: [{ card: cardOf('a'), lostAt: undefined }],
        lost: [],
        fresh: true,
      });
      expect(names(await beat(cardOf('b'), other))).toEqual(['a', 'b']);
      const changed = { ...cardOf('b'), region: 'eu', load: null };
      await beat(changed, other);
      const found = await beat(cardOf('a'));
      expect(found.fresh).toBe(false);
      expect(found.members.find(({ card }) => card.node === 'b')?.card).toEqual(changed);
    });

    it('gives a name to one run at a time', async () => {
      await beat(cardOf('a', 'first'));
      expect(await other.beat(cardOf('a', 'second'), TERMS)).toEqual({ kind: 'taken', run: 'first' });
      expect(await other.beat(cardOf('a', 'second'), TERMS, true)).toMatchObject({ kind: 'written' });
      expect(await store.beat(cardOf('a', 'first'), TERMS)).toEqual({ kind: 'taken', run: 'second' });
      await sleep(LEASE_MS + BEAT_MS);
      expect((await beat(cardOf('a', 'first'))).members).toHaveLength(1);
    });

    it('lets a node go that says so, of the run that it is', async () => {
      await beat(cardOf('a'));
      await beat(cardOf('b'), other);
      await other.leave('b', 'another run');
      expect(names(await beat(cardOf('a')))).toEqual(['a', 'b']);
      await other.leave('b', 'b-1');
      expect(await beat(cardOf('a'))).toMatchObject({ members: [{ card: { node: 'a' } }], lost: [] });
    });

    it('has one node find another lost, and tells the others of it', async () => {
      await beat(cardOf('gone'), other);
      // Both write themselves all the time, so either may be the one that finds it.
      const finds: string[] = [];
      for (const until = Date.now() + 10_000; finds.length === 0 && Date.now() < until; await sleep(BEAT_MS)) {
        finds.push(...(await beat(cardOf('a'))).lost, ...(await beat(cardOf('b'), other)).lost);
      }
      const [a, b] = [await beat(cardOf('a')), await beat(cardOf('b'), other)];
      expect([finds, a.lost, b.lost]).toEqual([['gone'], [], []]);
      const lostAt = (found: Written) => found.members.find(({ card }) => card.node === 'gone')?.lostAt;
      expect(lostAt(a)).toEqual(expect.any(Number));
      expect(lostAt(b)).toBe(lostAt(a));
      // It was forgotten once it was kept for long enough; or it came back.
      expect(names(await beat(cardOf('a'), store, { ...TERMS, keepMs: 0 }))).toEqual(['a', 'b']);
    });

    it('has a lost node that comes back among the others again', async () => {
      await beat(cardOf('gone'), other);
      await beatsUntil(cardOf('a'), ({ lost }) => lost.includes('gone'));
      await beat(cardOf('gone', 'gone-2'), other);
      expect((await beat(cardOf('a'))).members.find(({ card }) => card.node === 'gone')).toEqual({
        card: cardOf('gone', 'gone-2'),
        lostAt: undefined,
      });
    });

    it('makes nobody lost for whom its own breaks are to blame', async () => {
      await beat(cardOf('a'));
      await beat(cardOf('b'), other);
      // As if the store had been away for everybody: when it is back, who writes first must not judge.
      await sleep(2 * LEASE_MS);
      expect((await beat(cardOf('a'))).lost).toEqual([]);
      await beat(cardOf('b'), other);
      const found = await beatsUntil(cardOf('a'), ({ lost }) => lost.length > 0);
      expect(found.lost).toEqual(['b']);
    });

    it('takes back what it forgot, and gives it one lease to speak', async () => {
      await beat(cardOf('a'));
      await store.restore([cardOf('b'), cardOf('a', 'older')], TERMS);
      const found = await beat(cardOf('a'));
      expect([names(found), found.lost]).toEqual([['a', 'b'], []]);
      expect((await beatsUntil(cardOf('a'), ({ lost }) => lost.length > 0)).lost).toEqual(['b']);
    });
  });
}
