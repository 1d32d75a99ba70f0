import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WaybillClient } from './client.js';
import { FakeClock, SimulatedGateway } from './testing/index.js';

const CLIENTS = 10_000;
const OUTAGE_MS = 4_000;
const BINS = 20;

/** Whole clients on the simulated gateway: what a node sees when its clients lose it all at once. */
describe('ten thousand clients that lose their gateway at once', { timeout: 120_000 }, () => {
  const clock = new FakeClock();
  const gateway = new SimulatedGateway({ clock });
  let clients: readonly WaybillClient[];
  let lostAt: number;

  beforeAll(async () => {
    const random = seeded(11);
    clients = Array.from({ length: CLIENTS }, (_, index) => {
      return new WaybillClient('http://gateway.test', { token: `token-${index}`, clock, random, ...gateway.transport });
    });
    await Promise.all(clients.map((client) => client.connect()));
    // A connection that held makes the next loss a first one.
    await clock.advance(6_000);
    gateway.attempts.length = 0;
    lostAt = clock.now();
    gateway.cut();
    await clock.advance(OUTAGE_MS);
  }, 120_000);

  afterAll(() => {
    for (const client of clients) client.close();
  });

  it('come back over the whole first window, evenly', () => {
    // First attempts lie in [0, 500) ms: 250 in each bin of 12.5 ms, five standard deviations are 78. The quickest try a second time.
    const bins = histogram(gateway.attempts, lostAt, 250, BINS);
    expect(Math.min(...bins)).toBeGreaterThan(170);
    expect(Math.max(...bins)).toBeLessThan(430);
  });

  it('knock ever less often while it is away', () => {
    const perSecond = histogram(gateway.attempts, lostAt, OUTAGE_MS, OUTAGE_MS / 1_000);
    expect(perSecond[0]).toBeGreaterThan(CLIENTS);
    expect(perSecond.at(-1)).toBeLessThan((perSecond[0] ?? 0) / 2);
  });

  it('are all there again within the widest window, without a wave', async () => {
    gateway.attempts.length = 0;
    const restoredAt = clock.now();
    gateway.restore();
    await clock.advance(20_000);
    expect(clients.filter((client) => client.state !== 'open')).toHaveLength(0);
    expect(gateway.attempts).toHaveLength(CLIENTS);
    const perHalfSecond = histogram(gateway.attempts, restoredAt, 20_000, 40);
    expect(Math.max(...perHalfSecond)).toBeLessThan(CLIENTS / 5);
  });
});

function histogram(times: readonly number[], from: number, span: number, bins: number): readonly number[] {
  const counts = Array.from({ length: bins }, () => 0);
  for (const time of times) {
    const bin = Math.floor(((time - from) / span) * bins);
    if (bin >= 0 && bin < bins) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Mulberry32: the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
