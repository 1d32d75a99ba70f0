import { describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import { type Debtor, SendBudget } from './send-budget.js';

class Reader implements Debtor {
  ended = false;

  constructor(
    private readonly budget: SendBudget,
    public queuedBytes: number,
  ) {
    budget.add(this);
    budget.take(queuedBytes);
  }

  overflowed(): void {
    this.ended = true;
    this.budget.release(this.queuedBytes);
  }
}

describe('the send budget of a node', () => {
  it('ends the dearest readers until the others fit', () => {
    const budget = new SendBudget(Config.from({ WAYBILL_NODE_QUEUE_BYTES: '1000' }));
    const [small, largest, large] = [100, 500, 400].map((bytes) => new Reader(budget, bytes)) as [Reader, Reader, Reader];
    budget.enforce();
    expect([small.ended, largest.ended, large.ended]).toEqual([false, false, false]);
    const late = new Reader(budget, 450);
    budget.enforce();
    expect([small.ended, largest.ended, large.ended, late.ended]).toEqual([false, true, false, false]);
    expect(budget.used).toBe(950);
    const another = new Reader(budget, 600);
    budget.enforce();
    expect([small.ended, large.ended, late.ended, another.ended]).toEqual([false, false, false, true]);
  });

  it('has no limit at zero', () => {
    const budget = new SendBudget(Config.from({ WAYBILL_NODE_QUEUE_BYTES: '0' }));
    const reader = new Reader(budget, 1e12);
    budget.enforce();
    expect(reader.ended).toBe(false);
  });

  it('does not go round for ever when nobody is left to end', () => {
    const budget = new SendBudget(Config.from({ WAYBILL_NODE_QUEUE_BYTES: '10' }));
    budget.take(100);
    budget.enforce();
    expect(budget.used).toBe(100);
  });
});
