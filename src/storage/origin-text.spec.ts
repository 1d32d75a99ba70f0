import { describe, expect, it } from 'vitest';
import { originOf, originText } from './origin-text.js';

describe('the stored form of an origin', () => {
  it.each([
    ['0192 10.1.2.3', { connection: '0192', address: '10.1.2.3', role: undefined }],
    ['- ::1', { connection: undefined, address: '::1', role: undefined }],
    [
      '0192 10.1.2.3 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      { connection: '0192', address: '10.1.2.3', role: undefined, trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
    ],
    ['- - orders app', { connection: undefined, address: undefined, role: 'orders app' }],
  ])('%s is read back as it was', (text, origin) => {
    expect(originText(origin)).toBe(text);
    expect(originOf(text)).toEqual(origin);
  });

  it('is nothing where nothing is known', () => {
    expect(originText(undefined)).toBeUndefined();
    for (const text of [null, '', 'nonsense']) expect(originOf(text)).toBeUndefined();
  });
});
