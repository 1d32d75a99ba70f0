import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryNodeChannel, MemoryWire } from '../../cluster/memory-node-channel.js';
import { Config } from '../../config/config.js';
import type { Order } from '../orders/order.js';
import type { Orders } from '../orders/orders.js';
import { LiveProbes } from './live-probes.js';
import type { Probe } from './probe.js';
import { ProbeBranches } from './probe-branches.js';
import type { ProbeSpans } from './probe-spans.js';
import { topicTarget } from './probe-target.js';
import { Probes } from './probes.js';

interface Node {
  readonly probes: Probes;
  readonly channel: MemoryNodeChannel;
  order(order: Order): void;
}

const LIMITS = { WAYBILL_PROBES_EVENTS_PER_SECOND: '20', WAYBILL_PROBES_MOST: '2' };
let home: Node;
let other: Node;

function node(name: string, wire: MemoryWire): Node {
  const config = Config.from(LIMITS);
  const handlers = new Map<string, (order: Order) => void>();
  const orders = { on: (kind: string, handler: (order: Order) => void) => handlers.set(kind, handler) } as unknown as Orders;
  const channel = new MemoryNodeChannel(name, wire);
  const probes = new Probes(config.probes, name, new LiveProbes({ take: () => false } as unknown as ProbeSpans, 1));
  new ProbeBranches(probes, orders, channel).follow();
  return { probes, channel, order: (order) => handlers.get(order.kind)?.(order) };
}

function begin(): Probe {
  return home.probes.start({ target: topicTarget('a.*'), minutes: 1, payload: true, note: undefined, createdBy: 'key:a' });
}

function ordered({ start: { id, target, payload, createdBy, startedAt, endsAt } }: Probe): Order<'probe.start'> {
  return { id, kind: 'probe.start', node: 'home', by: createdBy, madeAt: startedAt, holdsUntil: endsAt, body: { target, payload } };
}

const kinds = ({ ring }: Probe): readonly unknown[] =>
  ring.after(0, 1_000).map(({ text }) => {
    const { n, kind, node: from } = JSON.parse(text) as { readonly n: number; readonly kind: string; readonly node: string };
    return [n, kind, from];
  });

describe('branches of a probe', () => {
  beforeEach(() => {
    const wire = new MemoryWire();
    [home, other] = [node('home', wire), node('other', wire)];
  });

  it('send what they record to the node that keeps it, which numbers it anew', async () => {
    const probe = begin();
    other.order(ordered(probe));
    home.order(ordered(probe));
    await vi.waitFor(() =>
      expect(kinds(probe)).toEqual([
        [1, 'started', 'home'],
        [2, 'started', 'other'],
      ]),
    );
    expect([home.probes.active, other.probes.active, other.probes.list(), other.probes.find(probe.start.id)]).toEqual([
      1,
      1,
      [],
      undefined,
    ]);
  });

  it('are no more at once than a node has, and the node that keeps the probe is told', async () => {
    const [first, second] = [begin(), begin()];
    for (const probe of [first, second]) other.order(ordered(probe));
    second.end('ended');
    const third = begin();
    other.order(ordered(third));
    expect(other.probes.active).toBe(2);
    await vi.waitFor(() =>
      expect(kinds(third)).toEqual([
        [1, 'started', 'home'],
        [2, 'not_watched', 'other'],
      ]),
    );
  });

  it('end with the order, and where the node that keeps it does not know it any more', async () => {
    const probe = begin();
    other.order(ordered(probe));
    await vi.waitFor(() => expect(kinds(probe)).toHaveLength(2));
    other.order({ ...ordered(probe), id: 'end', kind: 'probe.end', body: { probe: probe.start.id } });
    expect(other.probes.active).toBe(0);
    other.order({ ...ordered(probe), id: 'forgotten' });
    expect(other.probes.active).toBe(1);
    await vi.waitFor(() => expect(other.probes.active).toBe(0));
  });

  it('are bounded where they see more than they may tell, and say how much that was', async () => {
    const probe = begin();
    const words = Array.from({ length: 500 }, () => ({ kind: 'x', text: '{"n":7,"kind":"x","node":"other"}' }));
    await other.channel.say('probe.events', { probe: probe.start.id, events: words, lost: 5 }, 'home');
    await vi.waitFor(() => expect(probe.skipped).toBeGreaterThan(450));
    expect(probe.records + probe.skipped).toBeGreaterThanOrEqual(505);
    probe.end('ended');
    expect(kinds(probe).map((event) => (event as readonly unknown[])[0])).toEqual(kinds(probe).map((_, index) => index + 1));
  });
});
