import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Session, SessionMove, SessionStore, SessionTaker } from '../../src/messaging/session-store.js';

/** Two nodes that share their sessions. */
export interface TwoSessionStores {
  /** Named `node-1`. */
  readonly one: SessionStore;
  /** Named `node-2`. */
  readonly two: SessionStore;
  close(): Promise<void>;
}

export const EXPIRY_MS = 400;
const TOPICS = [
  { topic: 'chat.a', since: { epoch: 'e"1', seq: 7 }, ack: true },
  { topic: '$user.al~20ice', since: undefined, ack: false },
];

/** What every store of sessions promises; each adapter runs it. `open`: with an expiry time of `EXPIRY_MS`. */
export function describeSessionStore(name: string, open: () => Promise<TwoSessionStores>): void {
  describe(`${name} as store of sessions`, () => {
    let stores: TwoSessionStores;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const sessionOf = (store: SessionStore, user = 'al\nice "1"'): Session => ({
      id: store.newId(),
      user,
      connection: `connection of ${user}`,
      topics: TOPICS,
    });
    const takerOf = (store: SessionStore, { user }: Session, connection = 'next'): SessionTaker => ({
      id: store.newId(),
      user,
      connection,
    });

    it('gives names that are not given twice and tell nothing', () => {
      const ids = new Set(Array.from({ length: 1_000 }, () => stores.one.newId()));
      expect(ids.size).toBe(1_000);
      for (const id of ids) expect(id).toMatch(/^[\w-]{32}$/);
    });

    it.each(['save', 'keep'] as const)('hands a session to another node, with who had it, and tells that node: %s', async (method) => {
      const session = sessionOf(stores.one);
      const moved = new Promise<SessionMove>((resolve) => stores.one.whenMoved(resolve));
      await stores.one[method]([sessionOf(stores.one, 'bob'), session]);
      const taker = takerOf(stores.two, session);
      expect(await stores.two.take(session.id, taker)).toEqual({ kind: 'found', session: { ...session, node: 'node-1' } });
      expect(await moved).toEqual({ session: session.id, connection: session.connection, to: { node: 'node-2', connection: 'next' } });
    });

    it('has what was saved last', async () => {
      const session = sessionOf(stores.one);
      await stores.one.save([session]);
      await stores.one.keep([{ ...session, topics: [] }]);
      expect(await stores.two.take(session.id, takerOf(stores.two, session))).toMatchObject({ kind: 'found', session: { topics: [] } });
    });

    it('gives nobody what is another user’s, and takes nothing from them by it', async () => {
      const session = sessionOf(stores.one);
      await stores.one.save([session]);
      for (const user of ['bob', 'al', 'al\nice "1" ', '']) {
        expect(await stores.two.take(session.id, { ...takerOf(stores.two, session), user })).toEqual({ kind: 'foreign' });
      }
      expect(await stores.two.take(session.id, takerOf(stores.two, session))).toMatchObject({ kind: 'found' });
      expect(await stores.two.take(session.id, { ...takerOf(stores.two, session), user: 'bob' })).toEqual({ kind: 'foreign' });
    });

    it('leads who asks again to the successor, and has one winner among those who ask at once', async () => {
      const session = sessionOf(stores.one);
      await stores.one.save([session]);
      const takers = Array.from({ length: 8 }, (_, index) => takerOf(index % 2 === 0 ? stores.one : stores.two, session, `c${index}`));
      const answers = await Promise.all(takers.map((taker, index) => (index % 2 === 0 ? stores.one : stores.two).take(session.id, taker)));
      const won = answers.findIndex(({ kind }) => kind === 'found');
      expect(answers.filter(({ kind }) => kind === 'found')).toHaveLength(1);
      expect(answers.filter(({ kind }) => kind === 'gone')).toHaveLength(7);
      const winner = takers[won] as SessionTaker;
      const next = { ...session, id: winner.id, connection: winner.connection };
      await (won % 2 === 0 ? stores.one : stores.two).save([next]);
      expect(await stores.one.take(session.id, takerOf(stores.one, session))).toMatchObject({ kind: 'found', session: next });
    });

    it('does not have back what its node saves after it was taken', async () => {
      const session = sessionOf(stores.one);
      await stores.one.save([session]);
      await stores.two.take(session.id, takerOf(stores.two, session));
      await stores.one.save([session]);
      await stores.one.keep([session]);
      expect(await stores.two.take(session.id, takerOf(stores.two, session))).toEqual({ kind: 'gone' });
    });

    it('forgets what it is told to, and knows nothing of what was made up', async () => {
      const session = sessionOf(stores.one);
      await stores.one.keep([session]);
      await stores.one.forget([session.id]);
      for (const id of [session.id, stores.one.newId(), '', 'nonsense', '$'.repeat(32)])
        expect(await stores.two.take(id, takerOf(stores.two, session))).toEqual({ kind: 'gone' });
    });

    it('keeps a session for the expiry time after its node was last heard of', async () => {
      const [open, ended] = [sessionOf(stores.one), sessionOf(stores.one)];
      await stores.one.save([open]);
      await stores.one.keep([ended]);
      const since = performance.now();
      while (performance.now() - since < EXPIRY_MS * 2) {
        expect(await stores.one.refresh()).toBe(true);
        await delay(EXPIRY_MS / 8);
      }
      expect(await stores.two.take(ended.id, takerOf(stores.two, ended))).toEqual({ kind: 'gone' });
      const later = { ...open, id: stores.one.newId() };
      await stores.one.save([later]);
      expect(await stores.two.take(open.id, takerOf(stores.two, open))).toMatchObject({ kind: 'found' });
      // And of a node that is lost nothing is left.
      await expect
        .poll(() => stores.two.take(later.id, takerOf(stores.two, later)).then(({ kind }) => kind), {
          interval: EXPIRY_MS * 1.5,
          timeout: 5_000,
        })
        .toBe('gone');
    });
  });
}
