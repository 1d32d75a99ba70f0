import { describe, expect, it } from 'vitest';
import { commandOf, isNarrowed, isUserPage, NO_FILTERS, queryOf } from './connection-filters.ts';

const NOW = Date.UTC(2026, 10, 22, 15, 4);

describe('filters of connections', () => {
  it('become what REST is asked, with times', () => {
    const { query, unread } = queryOf(
      { ...NO_FILTERS, state: 'closed', user: ' alice ', code: '4408', from: '1h', to: '15:00' },
      'utc',
      NOW,
    );
    expect(query).toMatchObject({ state: 'closed', user: 'alice', code: '4408', from: NOW - 3_600_000, to: NOW - 240_000 });
    expect(unread).toEqual([]);
  });

  it('say which time cannot be read, and do not ask for it', () => {
    const { query, unread } = queryOf({ ...NO_FILTERS, from: 'soon' }, 'utc', NOW);
    expect([query['from'], unread]).toEqual([undefined, ['from']]);
  });

  it('become a command that a shell takes, whatever a user is called', () => {
    const { query } = queryOf({ ...NO_FILTERS, state: 'all', user: "o'brien; rm", client: '-x', from: '1h' }, 'utc', NOW);
    expect(commandOf(query, '-opened_at', 50)).toBe(
      String.raw`waybill connections --all --user='o'\''brien; rm' --client=-x --since 2026-11-22T14:04:00.000Z --sort=-opened_at --limit 50`,
    );
  });

  it('tell the page of a user, and a list that is narrowed', () => {
    expect(isUserPage({ ...NO_FILTERS, state: 'all', user: 'alice' })).toBe(true);
    expect(isUserPage({ ...NO_FILTERS, user: 'alice' })).toBe(false);
    expect([isNarrowed(NO_FILTERS), isNarrowed({ ...NO_FILTERS, state: 'all' }), isNarrowed({ ...NO_FILTERS, node: 'n' })]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
