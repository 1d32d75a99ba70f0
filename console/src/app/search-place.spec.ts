import { describe, expect, it } from 'vitest';
import { placeOf } from './search-place.ts';

describe('the search field', () => {
  it.each([
    ['WXGP-ZQH7', '/connections/WXGP-ZQH7'],
    ['  wxgp-zqh7 ', '/connections/WXGP-ZQH7'],
    ['2T7PN4K9', '/connections/2T7PN4K9'],
    ['6559f84765e1cc473e62e27d054018bd', '/traces/6559f84765e1cc473e62e27d054018bd'],
    ['490fc5f6-4f59-476d-8bcb-bacd4e912406', '/connections/490fc5f6-4f59-476d-8bcb-bacd4e912406'],
    ['01a20168-542c-77a1-8c8d-0c05995cad4e', '/messages?id=01a20168-542c-77a1-8c8d-0c05995cad4e'],
    ['chat.lobby#12', '/messages/chat.lobby/12'],
    ['$user.a/b#7', '/messages/%24user.a%2Fb/7'],
    ['alice', '/connections?state=all&user=alice'],
    ['<img src=x>', '/connections?state=all&user=%3Cimg%20src%3Dx%3E'],
    // Eight letters without a figure are a word before they are a ref.
    ['caroline', '/connections?state=all&user=caroline'],
  ])('leads %s to %s', (text, place) => {
    expect(placeOf(text)).toBe(place);
  });

  it('leads nowhere from nothing', () => {
    expect(placeOf('   ')).toBeUndefined();
  });
});
