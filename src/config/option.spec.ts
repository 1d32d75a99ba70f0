import { describe, expect, it } from 'vitest';
import { Problem, flag, integer, list, oneOf, optionalText, ratio, structure, text } from './option.js';

const described = { env: 'WAYBILL_X', doc: 'An option.' };
const problem = (sentence: string) => new Problem(sentence);

const whole = problem('must be a whole number from 0 to 100');
const share = problem('must be a number from 0 to 1');
const truth = problem('must be true or false');
const short = (value: string) => (value.length <= 3 ? undefined : 'must be short');

const CASES = {
  integer: {
    option: integer({ ...described, default: 5, min: 0, max: 100 }),
    table: [
      ['0', 0],
      ['100', 100],
      [' 42 ', 42],
      [42, 42],
      ['101', whole],
      ['-1', whole],
      ['1.5', whole],
      [1.5, whole],
      ['', whole],
      [' ', whole],
      ['ten', whole],
      ['10ms', whole],
      ['NaN', whole],
      ['Infinity', whole],
      [null, whole],
      [true, whole],
      [[5], whole],
    ],
  },
  ratio: {
    option: ratio({ ...described, default: 0.5 }),
    table: [
      ['0', 0],
      ['1', 1],
      ['0.25', 0.25],
      [0.25, 0.25],
      ['1.01', share],
      ['-0.1', share],
      ['25%', share],
      ['', share],
      [Number.NaN, share],
      [null, share],
    ],
  },
  flag: {
    option: flag({ ...described, default: false }),
    table: [
      ['true', true],
      ['1', true],
      [true, true],
      ['false', false],
      ['0', false],
      [false, false],
      ['yes', truth],
      ['', truth],
      [1, truth],
      [null, truth],
    ],
  },
  text: {
    option: text({ ...described, default: 'a', check: short }),
    table: [
      ['abc', 'abc'],
      ['abcd', problem('must be short')],
      ['', problem('must not be empty')],
      [5, problem('must be text')],
      [null, problem('must be text')],
    ],
  },
  optionalText: {
    option: optionalText({ ...described, check: short }),
    table: [
      ['abc', 'abc'],
      ['', undefined],
      ['abcd', problem('must be short')],
      [5, problem('must be text')],
    ],
  },
  oneOf: {
    option: oneOf({ ...described, default: 'info', values: ['info', 'warn'] }),
    table: [
      ['warn', 'warn'],
      ['WARN', problem('must be one of info, warn')],
      ['', problem('must be one of info, warn')],
      [null, problem('must be one of info, warn')],
    ],
  },
  list: {
    option: list({ ...described, default: [], check: short }),
    table: [
      ['a,b', ['a', 'b']],
      [' a , ,b,', ['a', 'b']],
      ['', []],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      ['a,toolong', problem('has an item "toolong" that must be short')],
      [['a', 5], problem('has an item "5" that must be text')],
      [{ a: 1 }, problem('must be a list (comma-separated in the environment)')],
    ],
  },
  structure: {
    option: structure<unknown>({
      ...described,
      default: {},
      read: (value) => (Array.isArray(value) ? new Problem('must be a map') : value),
    }),
    table: [
      ['{"a":1}', { a: 1 }],
      [{ a: 1 }, { a: 1 }],
      ['[1]', problem('must be a map')],
      ['{a:1}', problem('must be valid JSON')],
    ],
  },
} as const;

describe.each(Object.entries(CASES))('%s', (_name, { option, table }) => {
  it.each(table as readonly (readonly [unknown, unknown])[])('reads %j as %j', (raw, expected) => {
    expect(option.parse(raw)).toEqual(expected);
  });
});

it('a reader that fails is a defect, not bad JSON', () => {
  const option = structure<unknown>({
    ...described,
    default: {},
    read: () => {
      throw new Error('defect');
    },
  });
  expect(() => option.parse('{}')).toThrow('defect');
});
