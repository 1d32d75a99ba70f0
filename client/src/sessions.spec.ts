import { describe, expect, it } from 'vitest';
import { simulate, type Simulation } from './spec-support/simulation.js';
import { SimulatedRefusal } from './testing/simulated-session.js';

interface Asked {
  readonly session?: string;
  readonly topics: readonly { readonly topic: string; readonly seq?: number }[];
}

/** What was asked for since so many frames, by action. */
function asked({ gateway }: Simulation, since: number): readonly (readonly [string, Asked])[] {
  return gateway.frames
    .slice(since)
    .filter(({ action }) => action === 'resume' || action.startsWith('topic.'))
    .map(({ action, data }) => [action, data as Asked]);
}

async function connected(count = 2): Promise<Simulation & { readonly seen: string[] }> {
  const simulation = simulate();
  const seen: string[] = [];
  for (let n = 0; n < count; n += 1) simulation.client.subscribe(`t.${n}`, ({ topic, seq }) => seen.push(`${topic}:${seq}`));
  await simulation.client.connect();
  await simulation.clock.advance(0);
  return { ...simulation, seen };
}

describe('after a reconnect', () => {
  it('everything goes on with one frame: the session of the connection before, and where we stand', async () => {
    const simulation = await connected();
    const { gateway, clock, seen } = simulation;
    gateway.publish('t.0', 1);
    gateway.cut();
    gateway.publish('t.0', 2);
    gateway.restore();
    const before = gateway.frames.length;
    await clock.advance(30_000);
    const [[action, data] = [], ...others] = asked(simulation, before);
    expect([action, data?.session, others]).toEqual(['resume', 'session-of-REF-1', []]);
    expect(data?.topics.map(({ topic }) => topic)).toEqual(['$user.test-user', '$all', 't.0', 't.1']);
    expect(data?.topics.find(({ topic }) => topic === 't.0')).toMatchObject({ seq: 1 });
    gateway.publish('t.1', 1);
    await clock.advance(0);
    expect(seen).toEqual(['t.0:1', 't.0:2', 't.1:1']);
  });

  it.each(['NOT_FOUND', 'PERMISSION_DENIED', 'UNAVAILABLE', 'BAD_REQUEST'] as const)(
    'a session that is refused is given up, and all is asked for anew: %s',
    async (code) => {
      const simulation = await connected();
      const { gateway, clock, seen, events } = simulation;
      gateway.publish('t.0', 1);
      gateway.handle('resume', (data) => {
        if ((data as Asked).session !== undefined) throw new SimulatedRefusal(code, 'no');
        return undefined;
      });
      gateway.cut();
      gateway.publish('t.0', 2);
      gateway.restore();
      const before = gateway.frames.length;
      await clock.advance(30_000);
      expect(asked(simulation, before).map(([action, { session }]) => [action, session])).toEqual([
        ['resume', 'session-of-REF-1'],
        ['resume', undefined],
        ['topic.subscribe', undefined],
      ]);
      expect(seen).toEqual(['t.0:1', 't.0:2']);
      expect(events.filter((event) => event.startsWith('error'))).toEqual([]);
      // The next connection asks for the one that answered last.
      gateway.session.close(1006);
      const then = gateway.frames.length;
      await clock.advance(30_000);
      expect(asked(simulation, then)[0]?.[1].session).toBe('session-of-REF-2');
    },
  );

  it('the session whose answer was lost is asked for again', async () => {
    const simulation = await connected();
    const { gateway, clock, seen } = simulation;
    gateway.handle('resume', () => new Promise(() => undefined));
    gateway.session.close(1006);
    await clock.advance(500);
    gateway.session.close(1006);
    gateway.handle('resume', () => undefined);
    const before = gateway.frames.length;
    await clock.advance(30_000);
    expect(asked(simulation, before).map(([action, { session }]) => [action, session])).toEqual([['resume', 'session-of-REF-1']]);
    gateway.publish('t.1', 1);
    await clock.advance(0);
    expect(seen).toEqual(['t.1:1']);
  });

  it('topics that were left meanwhile are left at the server too', async () => {
    const simulation = await connected();
    const { client, gateway, clock } = simulation;
    gateway.cut();
    client.subscribe('t.0').unsubscribe();
    gateway.restore();
    await clock.advance(30_000);
    expect(gateway.session.topics).toEqual(['$user.test-user', '$all', 't.1']);
  });

  it('more topics than one frame holds are asked for in several, without the session', async () => {
    const simulation = await connected(0);
    const { client, gateway, clock } = simulation;
    const names = Array.from({ length: 500 }, (_, n) => `${'x'.repeat(120)}.${n}`);
    for (const name of names) client.subscribe(name);
    await clock.advance(0);
    gateway.session.close(1006);
    const before = gateway.frames.length;
    await clock.advance(30_000);
    const frames = asked(simulation, before);
    expect(frames.map(([, { session }]) => session)).toEqual(Array.from({ length: 9 }, () => undefined));
    expect(gateway.session.topics).toEqual(expect.arrayContaining(names));
    for (const [, data] of frames) expect(JSON.stringify(data).length).toBeLessThan(32_768);
  });
});
