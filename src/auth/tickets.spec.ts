import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testConfig } from '../../test/support/tokens.js';
import { MemoryTicketShelf } from './memory-ticket-shelf.js';
import { NO_GRANTS, type Principal } from './principal.js';
import { Tickets } from './tickets.js';

function user(id: string): Principal {
  return { kind: 'user', id, roles: [], grants: NO_GRANTS, scopes: [], expiresAt: undefined, tokenId: undefined };
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('tickets', () => {
  it('are worth one try', async () => {
    const tickets = new Tickets(testConfig(), new MemoryTicketShelf());
    const { ticket, expiresAt } = await tickets.issue(user('alice'));
    expect(expiresAt).toBe(Date.now() + 30_000);
    expect((await tickets.spend(ticket))?.id).toBe('alice');
    expect(await tickets.spend(ticket)).toBeUndefined();
  });

  it.each([
    [29_999, 'alice'],
    [30_000, undefined],
  ])('after %i ms are for %s', async (elapsed, expected) => {
    const tickets = new Tickets(testConfig(), new MemoryTicketShelf());
    const { ticket } = await tickets.issue(user('alice'));
    vi.advanceTimersByTime(elapsed);
    expect((await tickets.spend(ticket))?.id).toBe(expected);
  });

  it('do not live longer when the clock is set back', async () => {
    const tickets = new Tickets(testConfig(), new MemoryTicketShelf());
    const { ticket } = await tickets.issue(user('alice'));
    vi.advanceTimersByTime(30_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(await tickets.spend(ticket)).toBeUndefined();
  });

  it.each(['', 'x', 'A'.repeat(43), '__proto__'])('that nobody issued (%j) are worth nothing', async (ticket) => {
    const tickets = new Tickets(testConfig(), new MemoryTicketShelf());
    await tickets.issue(user('alice'));
    expect(await tickets.spend(ticket)).toBeUndefined();
  });

  it('are bounded for each user, and again possible once one is spent', async () => {
    const tickets = new Tickets(testConfig({ WAYBILL_TICKETS_PER_USER: '2' }), new MemoryTicketShelf());
    const { ticket } = await tickets.issue(user('alice'));
    await tickets.issue(user('alice'));
    await expect(tickets.issue(user('alice'))).rejects.toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED', retryAfterMs: 30_000 }));
    await tickets.issue(user('bob'));
    await tickets.spend(ticket);
    await tickets.issue(user('alice'));
  });

  it('are bounded for the node, and make room as they expire', async () => {
    const tickets = new Tickets(testConfig({ WAYBILL_TICKETS_MAX: '100' }), new MemoryTicketShelf());
    for (let index = 0; index < 100; index += 1) await tickets.issue(user(`user-${index}`));
    await expect(tickets.issue(user('late'))).rejects.toThrow(/WAYBILL_TICKETS_MAX/);
    expect(tickets.size).toBe(100);
    vi.advanceTimersByTime(30_000);
    await tickets.issue(user('late'));
    expect(tickets.size).toBe(1);
  });

  it('never repeat', async () => {
    const tickets = new Tickets(testConfig(), new MemoryTicketShelf());
    const issued = new Set<string>();
    for (let index = 0; index < 100; index += 1) issued.add((await tickets.issue(user('alice'))).ticket);
    expect(issued.size).toBe(100);
  });
});
