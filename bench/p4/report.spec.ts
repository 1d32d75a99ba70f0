import { describe, expect, it } from 'vitest';
import type { AcceptMeasurement, MemoryMeasurement } from './measurement.ts';
import { summary } from './report.ts';
import { ROUND, SERVER } from './setup.ts';

function accepted(round: string, repeat: number, perSecond: number, fields: Partial<AcceptMeasurement> = {}): AcceptMeasurement {
  const cpu = { serverCpu: 500, databaseCpu: 100, loadCpu: 80, serverCores: 1, retries: 0 };
  return { round, repeat, perSecond, p50: 10, p99: 30, loopP99: 20, others: 0, ...cpu, ...fields };
}

function remembered(server: string, repeat: number, collected: number): MemoryMeasurement {
  return { server, repeat, connections: 10_000, resident: collected * 2, collected, heap: collected / 2 };
}

/** The cells of one goal's row, its name left out. */
function goalOf(accepts: readonly AcceptMeasurement[], memory: readonly MemoryMeasurement[], name: string): readonly string[] {
  const line = summary(accepts, memory)
    .split('\n')
    .find((candidate) => candidate.startsWith(`| ${name} `));
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

const KNOWN = 'accepts/s, known tokens: gateway / bare ws';
const NEW = 'accepts/s, new tokens: gateway / bare ws';
const MEMORY = 'memory of a connection: gateway / bare ws';

describe('summary of P4', () => {
  it('compares each round with the round of bare ws beside it', () => {
    const accepts = [
      accepted(ROUND.new, 1, 1_000),
      accepted(ROUND.bareNew, 1, 2_000),
      accepted(ROUND.known, 1, 3_000),
      accepted(ROUND.bareKnown, 1, 4_000),
    ];
    expect(goalOf(accepts, [], NEW)).toEqual(['>= 0.4', '0.50', '1 of 1', 'yes']);
    expect(goalOf(accepts, [], KNOWN)).toEqual(['>= 0.6', '0.75', '1 of 1', 'yes']);
  });

  it('gives the ratio of the CPU times the same way round: above 1 the gateway takes less', () => {
    const accepts = [accepted(ROUND.new, 1, 1, { serverCpu: 500 }), accepted(ROUND.bareNew, 1, 1, { serverCpu: 100 })];
    expect(goalOf(accepts, [], 'the same by CPU time, new tokens')).toEqual(['>= 0.4', '0.20', '1 of 1', 'no']);
  });

  it('counts no pair of which one half was disturbed', () => {
    const accepts = [1, 2].flatMap((repeat) => [
      accepted(ROUND.new, repeat, repeat * 1_000),
      accepted(ROUND.bareNew, repeat, 4_000, { others: repeat === 1 ? 0 : 0.5 }),
    ]);
    expect(goalOf(accepts, [], NEW)).toEqual(['>= 0.4', '0.25', '1 of 2', 'no']);
  });

  it('judges memory after a collection, whatever else ran', () => {
    const memory = [1, 2, 3].flatMap((repeat) => [remembered(SERVER.gateway, repeat, 10 * repeat), remembered(SERVER.bare, repeat, 10)]);
    const accepts = [1, 2, 3].map((repeat) => accepted(ROUND.new, repeat, 1, { others: 0.9 }));
    expect(goalOf(accepts, memory, MEMORY)).toEqual(['<= 2', '2.00', '3 of 3', 'yes']);
  });

  it.each([
    [49.9, 'yes'],
    [50, 'no'],
  ])('takes a delay of %s ms as a held goal: %s', (loopP99, held) => {
    const accepts = [accepted(ROUND.known, 1, 1, { loopP99 })];
    expect(goalOf(accepts, [], 'event loop p99 ms, known tokens')).toEqual(['< 50', loopP99.toFixed(1), '1 of 1', held]);
  });

  it('says where bare ws waited for the load', () => {
    const note = 'Bare ws was busy for only';
    expect(summary([accepted(ROUND.bareNew, 1, 1, { serverCores: 0.5 })], [])).toContain(note);
    expect(summary([accepted(ROUND.bareNew, 1, 1, { serverCores: 0.95 })], [])).not.toContain(note);
  });
});
