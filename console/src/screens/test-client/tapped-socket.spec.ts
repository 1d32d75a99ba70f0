import { describe, expect, it } from 'vitest';
import { withoutCredentials } from './tapped-socket.ts';

describe('a frame that is shown', () => {
  it.each([
    ['{"action":"auth","data":{"token":"eyJ.abc.def"}}', '{"action":"auth","data":{"token":"…"}}'],
    [String.raw`{"data":{"token": "a\"b","x":1}}`, '{"data":{"token":"…","x":1}}'],
    ['{"signature":"s","ticket":"t"}', '{"signature":"…","ticket":"…"}'],
  ])('carries no credential: %s', (text, shown) => {
    expect(withoutCredentials(text)).toBe(shown);
  });

  it('is otherwise as it was', () => {
    const text = '{"action":"message","topic":"chat.a","data":{"text":"the token: none"}}';
    expect(withoutCredentials(text)).toBe(text);
  });
});
