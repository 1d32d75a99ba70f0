import { describe, expect, it } from 'vitest';
import { Probe, type ProbeEnd } from './probe.js';
import { userTarget } from './probe-target.js';

interface Told {
  readonly recorded: string[];
  skipped: number;
  readonly ended: ProbeEnd[];
}

function probeWith(limits: Partial<ConstructorParameters<typeof Probe>[1]> = {}, payload = false) {
  const clock = { now: 0 };
  const told: Told = { recorded: [], skipped: 0, ended: [] };
  const probe = new Probe(
    { id: 'p', target: userTarget('ada'), payload, note: undefined, createdBy: 'operator:op', node: 'n', startedAt: 0, endsAt: 1 },
    { records: 100, kept: 100, keptBytes: 100_000, eventsPerSecond: 100, payloadBytes: 10, ...limits },
    {
      recorded: (_probe, { kind }) => told.recorded.push(kind),
      skipped: (events) => (told.skipped += events),
      ended: (_probe, why) => told.ended.push(why),
    },
    () => clock.now,
  );
  const texts = () => probe.ring.after(0, 1_000).map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  return { probe, clock, told, texts };
}

describe('a probe', () => {
  it('counts what is beyond its rate and tells how many that were, before what follows', () => {
    const { probe, clock, told, texts } = probeWith({ eventsPerSecond: 2 });
    for (let event = 0; event < 5; event += 1) probe.show('x', { event });
    clock.now = 1_000;
    probe.show('y', {});
    expect(texts().map(({ n, kind, events }) => [n, kind, events])).toEqual([
      [1, 'x', undefined],
      [2, 'x', undefined],
      [3, 'skipped', 3],
      [4, 'y', undefined],
    ]);
    expect([probe.skipped, told.skipped]).toEqual([3, 3]);
  });

  it('tells what it skipped when it ends, as its last word but one', () => {
    const { probe, texts } = probeWith({ eventsPerSecond: 1 });
    probe.show('x', {});
    probe.show('x', {});
    probe.end('time');
    expect(texts().map(({ kind, events, reason }) => [kind, events ?? reason])).toEqual([
      ['x', undefined],
      ['skipped', 1],
      ['ended', 'time'],
    ]);
  });

  it('ends by itself when it has recorded as many events as it may, and takes nothing more', () => {
    const { probe, told, texts } = probeWith({ records: 3 });
    for (let event = 0; event < 9; event += 1) probe.show('x', {});
    expect(texts().map(({ kind }) => kind)).toEqual(['x', 'x', 'x', 'ended']);
    expect(told.ended).toEqual(['records']);
    probe.end('ended');
    expect(told.ended).toEqual(['records']);
  });

  it('keeps its last events, in number', () => {
    const { probe, texts } = probeWith({ kept: 3 });
    for (let event = 0; event < 9; event += 1) probe.show('x', {});
    expect(texts().map(({ n }) => n)).toEqual([7, 8, 9]);
    expect(probe.ring.after(8, 10).map(({ n }) => n)).toEqual([9]);
    expect(probe.ring.after(9, 10)).toEqual([]);
  });

  it('keeps its last events, in bytes, and always the last one', () => {
    const { probe, texts } = probeWith({ keptBytes: 400 });
    for (let event = 0; event < 9; event += 1) probe.show('x', { text: 'a'.repeat(100) });
    expect(texts().length).toBeLessThan(4);
    probe.show('x', { text: 'a'.repeat(1_000) });
    expect(texts().map(({ n }) => n)).toEqual([10]);
  });

  it('keeps no payload unless it was asked for', () => {
    const { probe } = probeWith();
    probe.show('x', {}, { payload: '"secret"' });
    const [event] = probe.ring.after(0, 1);
    expect(event?.text).not.toContain('secret');
    expect(event?.withPayload).toBeUndefined();
  });

  it('keeps the beginning of a payload, whole characters of it, apart from the event without it', () => {
    const { probe } = probeWith({}, true);
    probe.show('x', {}, { payload: '"12345678ü90"' });
    const [event] = probe.ring.after(0, 1);
    expect(event?.text).not.toContain('1234');
    expect(JSON.parse(event?.withPayload ?? '')).toMatchObject({ payload: '"12345678', payload_cut: true });
  });

  it('tells its readers of everything that is new, its end included, and of nothing after they left', () => {
    const { probe } = probeWith();
    let first = 0;
    let second = 0;
    const leave = probe.follow(() => (first += 1));
    probe.follow(() => (second += 1));
    probe.show('x', {});
    leave();
    probe.show('x', {});
    probe.end('ended');
    expect([first, second]).toEqual([1, 3]);
  });
});
