import { describe, expect, it } from 'vitest';
import { inAll, lossSentence, type NamespaceAccount, used } from './accounting.ts';

const account = (namespace: string, deliveries: Partial<NamespaceAccount['deliveries']>): NamespaceAccount => ({
  namespace,
  published: { accepted: 0, refused: 0, unknown: 0, stored: 0 },
  deliveries: {
    matched: 0,
    written: 0,
    dropped: 0,
    queued: 0,
    unconfirmed: 0,
    not_written: 0,
    acked: 0,
    difference: 0,
    balanced: true,
    ...deliveries,
  },
});

describe('the balance of deliveries', () => {
  it('does not let a surplus here hide a loss there', () => {
    expect(inAll([account('a', { difference: 3 }), account('b', { difference: -3 })]).difference).toBe(6);
  });

  it('leaves out namespaces through which nothing went', () => {
    expect(used([account('a', {}), account('b', { matched: 1 })]).map(({ namespace }) => namespace)).toEqual(['b']);
  });

  it.each([
    [{}, 'Nothing was to be delivered yet.'],
    [{ matched: 1_500, written: 1_499, queued: 1 }, 'Nothing is lost: each of 1,500 deliveries was written or waits in its queue.'],
    [
      { matched: 1_500, written: 1_490, dropped: 7, unconfirmed: 3 },
      'Every delivery is accounted for: of 1,500, 10 did not reach a socket for certain, each for a known reason.',
    ],
    [{ matched: 10, written: 8, difference: 2 }, '2 of 10 deliveries are unaccounted for.'],
  ])('%o', (deliveries, sentence) => {
    expect(lossSentence(inAll([account('a', deliveries)]))).toBe(sentence);
  });
});
