import { describe, expect, it } from 'vitest';
import { CLOSES } from '../../../../src/protocol/close-codes.js';
import { closeWords, initiatorWord, KNOWN_CLOSES } from './close-words.ts';

describe('closes in words', () => {
  it('has words for every code of the registry, and what to do next', () => {
    const fallback = closeWords(3_999);
    for (const [name, { code }] of Object.entries(CLOSES)) {
      expect(closeWords(code), name).not.toEqual(fallback);
      expect(closeWords(code).next.length, name).toBeGreaterThan(10);
    }
  });

  it('knows the codes that no gateway sends', () => {
    expect([closeWords(1006).short, closeWords(1001).short]).toEqual(['cut off', 'went away']);
    expect(KNOWN_CLOSES.map(({ code }) => code)).toContain(1006);
  });

  it('says who ended it', () => {
    expect(['server', 'client', 'network'].map(initiatorWord)).toEqual(['the gateway', 'the client', 'the network']);
  });
});
