import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { NO_GRANTS, type Principal } from '../auth/principal.js';
import { MemoryNodeChannel, MemoryWire } from '../cluster/memory-node-channel.js';
import { MemoryCounts, MemorySharedCounts } from '../cluster/memory-shared-counts.js';
import type { OwnCount, TotalCount } from '../cluster/shared-counts.js';
import { Config } from '../config/config.js';
import { LiveSettings } from '../config/live-settings.js';
import { Refusal } from '../protocol/refusal.js';
import { ConnectionPlaces, type Place } from './connection-places.js';

const principal = (id: string): Principal => ({
  kind: 'user',
  id,
  roles: [],
  grants: NO_GRANTS,
  scopes: [],
  expiresAt: undefined,
  tokenId: undefined,
});

/** Counts that can be cut off, or never answer. */
class BrittleCounts extends MemorySharedCounts {
  state: 'up' | 'down' | 'silent' = 'up';
  questions = 0;

  override say(counts: readonly OwnCount[], leaseMs: number): Promise<readonly TotalCount[]> {
    this.questions += 1;
    if (this.state === 'down') return Promise.reject(new Error('Redis is away'));
    return this.state === 'silent' ? new Promise(() => undefined) : super.say(counts, leaseMs);
  }
}

interface Node {
  readonly places: ConnectionPlaces;
  readonly counts: BrittleCounts;
  readonly settings: LiveSettings;
}

const started: ConnectionPlaces[] = [];
const shared = { counts: new MemoryCounts(), wire: new MemoryWire() };

function nodes(env: Readonly<Record<string, string>>, most = 2): readonly Node[] {
  [shared.counts, shared.wire] = [new MemoryCounts(), new MemoryWire()];
  return Array.from({ length: most }, (_, index) => {
    const name = `node-${index + 1}`;
    const settings = new LiveSettings(Config.from({ WAYBILL_COUNT_LEASE_MS: '1000', ...env }));
    const counts = new BrittleCounts(name, shared.counts);
    const places = new ConnectionPlaces(settings, counts, new MemoryNodeChannel(name, shared.wire));
    places.onApplicationBootstrap();
    started.push(places);
    return { places, counts, settings };
  });
}

/** Somebody arrives and, where they are let in, stays until they are ended. */
async function arrive(
  { places }: Node,
  user: string,
  address = '192.0.2.1',
): Promise<{ readonly how: string; ended: string[]; place: Place }> {
  const place = places.take(address);
  const ended: string[] = [];
  try {
    place.claim(principal(user));
    await place.agreed();
  } catch (error) {
    place.release();
    return { how: error instanceof Refusal ? error.code : String(error), ended, place };
  }
  place.heldBy((loss) => {
    ended.push(loss);
    place.release();
  });
  return { how: 'OK', ended, place };
}

const admitted = (arrivals: readonly { readonly how: string }[]): number => arrivals.filter(({ how }) => how === 'OK').length;
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
}

describe('places over several nodes', () => {
  afterEach(() => {
    for (const places of started.splice(0)) places.onApplicationShutdown();
  });

  it('are as many for a user as the limit says, however many race for them at all nodes', async () => {
    const all = nodes({ WAYBILL_CONNECTIONS_PER_USER: '10' }, 3);
    const racers = Array.from({ length: 60 }, (_, index) =>
      arrive(all[index % 3] as Node, 'alice').catch(() => ({ how: 'LIMIT_EXCEEDED' })),
    );
    expect(admitted(await Promise.all(racers))).toBe(10);
    expect(all.reduce((sum, { places }) => sum + places.takenBy('alice'), 0)).toBe(10);
    expect((await arrive(all[0] as Node, 'bob')).how).toBe('OK');
  });

  it('are as many for an address as the limit says', async () => {
    const [one, two] = nodes({ WAYBILL_CONNECTIONS_PER_ADDRESS: '2' }) as [Node, Node];
    const arrivals = [await arrive(one, 'a'), await arrive(two, 'b'), await arrive(two, 'c'), await arrive(two, 'd', '192.0.2.2')];
    expect(arrivals.map(({ how }) => how)).toEqual(['OK', 'OK', 'LIMIT_EXCEEDED', 'OK']);
    arrivals[0]?.place.release();
    await settled();
    expect((await arrive(two, 'e')).how).toBe('OK');
  });

  it('are taken from the oldest where that is the policy, on whichever node it is', async () => {
    const [one, two] = nodes({ WAYBILL_CONNECTIONS_PER_USER: '2', WAYBILL_CONNECTIONS_PER_USER_POLICY: 'evict_oldest' }) as [Node, Node];
    const first = await arrive(one, 'alice');
    await new Promise((resolve) => setTimeout(resolve, 3));
    const second = await arrive(one, 'alice');
    await new Promise((resolve) => setTimeout(resolve, 3));
    const third = await arrive(two, 'alice');
    await settled();
    expect([first.ended, second.ended, third.ended]).toEqual([['REPLACED'], [], []]);
    const fourth = await arrive(two, 'alice');
    await settled();
    expect([second.ended, third.ended, fourth.ended]).toEqual([['REPLACED'], [], []]);
    expect([one.places.takenBy('alice'), two.places.takenBy('alice')]).toEqual([0, 2]);
  });

  it('end what was let in and is found to be too much later, because nobody waited', async () => {
    const [one, two] = nodes({ WAYBILL_CONNECTIONS_PER_USER: '1', WAYBILL_COUNT_WAIT_MS: '0' }) as [Node, Node];
    const first = await arrive(one, 'alice');
    await settled();
    const second = await arrive(two, 'alice');
    expect(second.how).toBe('OK');
    await settled();
    expect([first.ended, second.ended]).toEqual([[], ['CONNECTION_LIMIT']]);
  });

  it('are those of the node alone while the others cannot be asked; who was let in then stays', async () => {
    const [one, two] = nodes({ WAYBILL_CONNECTIONS_PER_USER: '2' }) as [Node, Node];
    const before = [await arrive(one, 'alice'), await arrive(one, 'alice')];
    two.counts.state = 'down';
    const during = [await arrive(two, 'alice'), await arrive(two, 'alice')];
    expect(during.map(({ how }) => how)).toEqual(['OK', 'OK']);
    await expect(arrive(two, 'alice')).resolves.toMatchObject({ how: 'LIMIT_EXCEEDED' });
    two.counts.state = 'up';
    shared.counts.forget();
    await settled();
    expect([...before, ...during].map(({ ended }) => ended)).toEqual([[], [], [], []]);
    for (const { place } of [...before.slice(1), ...during]) place.release();
    await settled();
    expect([(await arrive(two, 'alice')).how, (await arrive(two, 'alice')).how]).toEqual(['OK', 'LIMIT_EXCEEDED']);
  });

  it('keep nobody waiting for longer than they may where the answer does not come', async () => {
    const [one] = nodes({ WAYBILL_CONNECTIONS_PER_USER: '2', WAYBILL_COUNT_WAIT_MS: '20' }) as [Node];
    one.counts.state = 'silent';
    expect((await arrive(one, 'alice')).how).toBe('OK');
    // One question is out, and none is sent beside it.
    await Promise.all(Array.from({ length: 50 }, (_, index) => arrive(one, `user-${index}`)));
    expect(one.counts.questions).toBe(1);
  });

  it('of a node that is lost count until its lease is over, and those of the others go on', async () => {
    const [one, two] = nodes({ WAYBILL_CONNECTIONS_PER_USER: '2' }) as [Node, Node];
    await arrive(one, 'alice');
    await arrive(two, 'alice');
    expect((await arrive(two, 'alice')).how).toBe('LIMIT_EXCEEDED');
    one.places.onApplicationShutdown();
    await expect.poll(async () => (await arrive(two, 'alice')).how, { timeout: 5_000, interval: 100 }).toBe('OK');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await arrive(two, 'alice')).how).toBe('LIMIT_EXCEEDED');
  });

  it('ask nobody anything where no limit is set, and begin to when one is', async () => {
    const [one, two] = nodes({ WAYBILL_CONNECTIONS_PER_USER: '0' }) as [Node, Node];
    for (const node of [one, two]) await arrive(node, 'alice');
    await settled();
    expect(one.counts.questions + two.counts.questions).toBe(0);
    for (const { settings } of [one, two]) settings.replace(Config.from({ WAYBILL_CONNECTIONS_PER_USER: '2' }));
    shared.counts.forget();
    await settled();
    expect((await arrive(one, 'alice')).how).toBe('LIMIT_EXCEEDED');
  });
});
