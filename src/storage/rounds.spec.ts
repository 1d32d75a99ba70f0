import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QueryFailure } from './query-failure.js';
import { Rounds } from './rounds.js';

const EVERY_MS = 1_000;

/** The longest wait before a round. */
const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(EVERY_MS * 1.5);

describe('rounds', () => {
  const warnings: string[] = [];
  let begun: number;
  let end: (error?: Error) => void;
  let rounds: Rounds;

  beforeEach(() => {
    vi.useFakeTimers();
    warnings.length = begun = 0;
    const round = (): Promise<void> => {
      begun += 1;
      return new Promise((resolve, reject) => (end = (error) => (error === undefined ? resolve() : reject(error))));
    };
    const logger = { warn: (text: string): void => void warnings.push(text) };
    rounds = new Rounds(logger, { everyMs: EVERY_MS, round, failure: 'It could not be swept and is tried again' });
    rounds.start();
  });
  afterEach(() => vi.useRealTimers());

  it('come one after another, never two at once, however long one takes', async () => {
    await turn();
    expect(begun).toBe(1);
    await vi.advanceTimersByTimeAsync(EVERY_MS * 20);
    expect(begun).toBe(1);
    end();
    await turn();
    expect(begun).toBe(2);
  });

  it('are not in step with those of another node', async () => {
    const moments: number[] = [];
    const round = (): Promise<void> => new Promise(() => moments.push(Date.now()));
    const nodes = Array.from({ length: 8 }, () => new Rounds({ warn: () => undefined }, { everyMs: EVERY_MS, round, failure: '' }));
    for (const node of nodes) node.start();
    await turn();
    expect(moments).toHaveLength(nodes.length);
    expect(new Set(moments).size).toBeGreaterThan(3);
  });

  it.each([
    ['a defect is told', new TypeError('no such thing'), 'TypeError: no such thing'],
    ['a statement that the server rejects is told', QueryFailure.sent(serverError('42P01')), 'QueryFailure: no such table'],
    ['a database that is away is not: its health tells it', QueryFailure.connecting(new Error('refused')), undefined],
  ])('go on after one that failed; %s', async (_what, error, told) => {
    await turn();
    end(error);
    await turn();
    expect(begun).toBe(2);
    expect(warnings).toEqual(told === undefined ? [] : [`It could not be swept and is tried again: ${told}`]);
  });

  it('stop when the one under way has ended', async () => {
    await turn();
    let hasStopped = false;
    const stopping = rounds.stop().then(() => (hasStopped = true));
    await vi.advanceTimersByTimeAsync(EVERY_MS * 5);
    expect([rounds.stopped, hasStopped]).toEqual([true, false]);
    end();
    await stopping;
    await vi.advanceTimersByTimeAsync(EVERY_MS * 5);
    rounds.start();
    await vi.advanceTimersByTimeAsync(EVERY_MS * 5);
    expect(begun).toBe(1);
  });
});

function serverError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('no such table', 0, 'error'), { code });
}
