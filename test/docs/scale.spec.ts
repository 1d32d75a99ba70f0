import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MEASURED } from '../../docs/scale/measured.js';
import { simulate, tables } from '../../docs/scale/simulation.js';
import type { Workload } from '../../docs/scale/workload.js';

const PAGE = 'docs/scale.md';
const [BEGIN, END] = ['<!-- simulation -->', '<!-- /simulation -->'];
const ROOM: Workload = { name: 'a room', topics: 1, subscribers: 1_000, messagesPerSecond: 10, durable: true };

describe('docs/scale.md', () => {
  it('shows what the simulation says', () => {
    const page = readFileSync(PAGE, 'utf8');
    const wanted = `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n\n${tables(MEASURED)}\n\n${page.slice(page.indexOf(END))}`;
    if (process.env['UPDATE'] === '1') writeFileSync(PAGE, wanted);
    else expect(page).toBe(wanted);
  });

  it('adds nothing for the bus to a node that is alone', () => {
    const { node, redis, database } = simulate(ROOM, 1, MEASURED);
    const { deliveryQuiet, publish, append } = MEASURED;
    expect(node).toBeCloseTo((10 * (1_000 * deliveryQuiet + publish)) / 1_000_000, 9);
    expect(redis).toBe(0);
    expect(database).toBeCloseTo((10 * append) / 1_000_000, 9);
  });

  it('divides deliveries over nodes, and brings a message to each of them', () => {
    const [one, four] = [simulate(ROOM, 1, MEASURED), simulate(ROOM, 4, MEASURED)];
    expect(four.reached).toBe(4);
    expect(four.node).toBeGreaterThan(one.node / 4);
    expect(four.node).toBeLessThan(one.node / 3);
    expect(four.redis).toBeCloseTo((10 * (MEASURED.redisMessage + 4 * MEASURED.redisNode)) / 1_000_000, 9);
  });

  it('says what is full', () => {
    expect(simulate({ ...ROOM, messagesPerSecond: 1_000 }, 1, MEASURED).full).toBe('a node');
    expect(simulate({ ...ROOM, subscribers: 1, topics: 50_000, messagesPerSecond: 30_000 }, 64, MEASURED).full).toBe('Postgres');
  });
});
