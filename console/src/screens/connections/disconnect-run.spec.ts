import { describe, expect, it } from 'vitest';
import { disconnectCommand, disconnectFilterOf, isEveryone, whomInWords } from './disconnect-run.ts';

const NOW = 1_000_000_000;

describe('disconnecting what a list shows', () => {
  it('carries the filter of the list exactly', () => {
    const query = { state: 'open', user: 'alice', client: 'web/1.2', topic: '', address: '', from: NOW - 5_000, to: NOW - 60_000 };
    expect(disconnectFilterOf(query, NOW)).toEqual({ filter: { user: 'alice', client: 'web/1.2', older_than_s: 60 }, missing: [] });
  });

  it.each(['ref', 'node', 'code', 'reason'])('says that it cannot go by %s, rather than mean more than is shown', (name) => {
    expect(disconnectFilterOf({ state: 'open', user: 'alice', [name]: '1' }, NOW).missing).toHaveLength(1);
  });

  it('knows when everybody is meant, and says whom in words', () => {
    expect(isEveryone(disconnectFilterOf({ state: 'open' }, NOW).filter)).toBe(true);
    expect(whomInWords({})).toBe('everybody');
    expect(whomInWords({ client: 'web', topic: 'chat.a', older_than_s: 5 })).toBe('client web, in topic chat.a, open for at least 5 s');
  });

  it('is a command that a shell takes', () => {
    expect(disconnectCommand({ user: '$(id)' }, { rate: 20, mayReturn: false, reason: "it's over" })).toBe(
      String.raw`waybill disconnect --user='$(id)' --rate 20 --for-good --reason='it'\''s over'`,
    );
    expect(disconnectCommand({}, { rate: 100, mayReturn: true, reason: '' })).toBe('waybill disconnect --all --rate 100');
  });
});
