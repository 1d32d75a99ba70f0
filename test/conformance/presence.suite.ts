import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Presence, PresenceMember } from '../../src/messaging/presence.js';

/** Two nodes; where an adapter knows one alone, both are that one. */
export interface PresencesUnderTest {
  readonly first: Presence;
  readonly second: Presence;
  close(): Promise<void>;
}

let joined = 0;

export function memberOf(user: string, connectionId: string): PresenceMember {
  joined += 1;
  return { connectionId, user, node: 'n1', joinedAt: 1_700_000_000_000 + joined };
}

/** What every presence promises; each adapter runs it. */
export function describePresence(name: string, open: () => Promise<PresencesUnderTest>): void {
  describe(`${name} as presence`, () => {
    let under: PresencesUnderTest;
    let presence: Presence;
    let other: Presence;

    beforeEach(async () => {
      under = await open();
      presence = under.first;
      other = under.second;
    });

    afterEach(() => under.close());

    it('joins a user with the first connection and lets them leave with the last', async () => {
      const [phone, laptop] = [memberOf('alice', 'c1'), memberOf('alice', 'c2')];
      expect(await presence.join('t', phone)).toBe(true);
      expect(await other.join('t', laptop)).toBe(false);
      expect(await presence.leave('t', phone)).toBe(false);
      expect(await other.leave('t', laptop)).toBe(true);
      expect(await presence.list('t', 10)).toEqual({ members: [], connections: 0, users: 0 });
    });

    it('takes no harm from joining or leaving twice', async () => {
      const member = memberOf('alice', 'c1');
      await presence.join('t', member);
      expect(await presence.join('t', member)).toBe(false);
      expect(await presence.list('t', 10)).toMatchObject({ connections: 1, users: 1 });
      expect(await presence.leave('t', member)).toBe(true);
      expect(await presence.leave('t', member)).toBe(false);
      expect(await presence.leave('never', member)).toBe(false);
    });

    it('lists the oldest members first, as many as asked, and counts all', async () => {
      const members = [memberOf('alice', 'c1'), memberOf('bob', 'c2'), memberOf('alice', 'c3')];
      for (const [index, member] of members.entries()) await (index % 2 ? other : presence).join('t', member);
      expect(await presence.list('t', 10)).toEqual({ members, connections: 3, users: 2 });
      expect(await presence.list('t', 1)).toEqual({ members: members.slice(0, 1), connections: 3, users: 2 });
      expect(await presence.list('t', 0)).toEqual({ members: [], connections: 3, users: 2 });
    });

    it('takes names of any characters apart', async () => {
      const members = [memberOf('alice', 'c1'), memberOf('alice c1', 'c2'), memberOf('älîce:{x}', 'c3')];
      for (const member of members) expect(await presence.join('t', member)).toBe(true);
      expect(await other.list('t', 10)).toEqual({ members, connections: 3, users: 3 });
    });

    it('keeps topics apart', async () => {
      await presence.join('t', memberOf('alice', 'c1'));
      expect(await presence.join('u', memberOf('alice', 'c1'))).toBe(true);
      expect(await presence.list('u', 10)).toMatchObject({ connections: 1, users: 1 });
      expect(await presence.list('v', 10)).toMatchObject({ connections: 0, users: 0 });
    });

    it('answers one join and one leave to calls that race', async () => {
      const members = Array.from({ length: 20 }, (_, index) => memberOf('alice', `c${index}`));
      const joins = await Promise.all(members.map((member, index) => (index % 2 ? other : presence).join('t', member)));
      const leaves = await Promise.all(members.map((member, index) => (index % 2 ? other : presence).leave('t', member)));
      expect([joins, leaves].map((answers) => answers.filter(Boolean).length)).toEqual([1, 1]);
    });
  });
}
