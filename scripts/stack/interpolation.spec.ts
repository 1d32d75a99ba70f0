import { describe, expect, it } from 'vitest';
import { environmentFile, interpolate } from './interpolation.js';

describe('interpolate', () => {
  it.each([
    ['a ${X} b', { X: '1' }, 'a 1 b'],
    ['${X}', {}, ''],
    ['${X:-two}', {}, 'two'],
    ['${X:-two}', { X: '' }, 'two'],
    ['${X:-two}', { X: '1' }, '1'],
    ['${X:-}', {}, ''],
    ['${X:?say so}', { X: '1' }, '1'],
    ['$${X} $1', { X: '1' }, '${X} $1'],
  ])('%j with %j is %j', (text, variables, expected) => {
    expect(interpolate(text, variables)).toBe(expected);
  });

  it('says what is missing in the words of the file', () => {
    expect(() => interpolate('${KEY:?run it first}', { KEY: '' })).toThrow('KEY: run it first');
  });
});

describe('environmentFile', () => {
  it('reads what is set, and no comments', () => {
    expect(environmentFile('# A=1\nB=2\n\nC=x=y\nD=\n')).toEqual({ B: '2', C: 'x=y', D: '' });
  });
});
