import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testConfig } from '../../test/support/tokens.js';
import { NO_GRANTS, type Principal } from './principal.js';
import { Tickets } from './tickets.js';

function user(id: string): Principal {
  return { kind: 'user', id, roles: [], grants: NO_GRANTS, scopes: [], expiresAt: undefined, tokenId: undefined };
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('tickets', () => {
  it('are worth one try', () => {
    const tickets = new Tickets(testConfig());
    const { ticket, expiresAt } = tickets.issue(user('alice'));
    expect(expiresAt).toBe(Date.now() + 30_000);
    expect(tickets.spend(ticket)?.id).toBe('alice');
    expect(tickets.spend(ticket)).toBeUndefined();
  });

  it.each([
    [29_999, 'alice'],
    [30_000, undefined],
  ])('after %i ms are for %s', (elapsed, expected) => {
    const tickets = new Tickets(testConfig());
    const { ticket } = tickets.issue(user('alice'));
    vi.advanceTimersByTime(elapsed);
    expect(tickets.spend(ticket)?.id).toBe(expected);
  });

  it('do not live longer when the clock is set back', () => {
    const tickets = new Tickets(testConfig());
    const { ticket } = tickets.issue(user('alice'));
    vi.advanceTimersByTime(30_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(tickets.spend(ticket)).toBeUndefined();
  });

  it.each(['', 'x', 'A'.repeat(43), '__proto__'])('that nobody issued (%j) are worth nothing', (ticket) => {
    const tickets = new Tickets(testConfig());
    tickets.issue(user('alice'));
    expect(tickets.spend(ticket)).toBeUndefined();
  });

  it('are bounded for each user, and again possible once one is spent', () => {
    const tickets = new Tickets(testConfig({ WAYBILL_TICKETS_PER_USER: '2' }));
    const { ticket } = tickets.issue(user('alice'));
    tickets.issue(user('alice'));
    expect(() => tickets.issue(user('alice'))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED', retryAfterMs: 30_000 }));
    expect(() => tickets.issue(user('bob'))).not.toThrow();
    tickets.spend(ticket);
    expect(() => tickets.issue(user('alice'))).not.toThrow();
  });

  it('are bounded for the node, and make room as they expire', () => {
    const tickets = new Tickets(testConfig({ WAYBILL_TICKETS_MAX: '100' }));
    for (let index = 0; index < 100; index += 1) tickets.issue(user(`user-${index}`));
    expect(() => tickets.issue(user('late'))).toThrow(/WAYBILL_TICKETS_MAX/);
    expect(tickets.size).toBe(100);
    vi.advanceTimersByTime(30_000);
    tickets.issue(user('late'));
    expect(tickets.size).toBe(1);
  });

  it('never repeat', () => {
    const tickets = new Tickets(testConfig());
    const issued = new Set(Array.from({ length: 100 }, () => tickets.issue(user('alice')).ticket));
    expect(issued.size).toBe(100);
  });
});
