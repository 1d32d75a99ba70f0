import { describe, expect, it } from 'vitest';
import { choicesOf, kindOf, textOf, valueOf } from './entry.ts';
import { inSections, type Setting, shownSection, written } from './setting.ts';

const setting = (over: Partial<Setting>): Setting => ({
  path: 'server.logLevel',
  env: 'WAYBILL_LOG_LEVEL',
  source: 'default',
  live: true,
  unit: '-',
  values: 'text',
  zero: 'not allowed',
  doc: 'Least level that is logged.',
  ...over,
});

describe('settings', () => {
  const items = [setting({}), setting({ path: 'tls.ops', live: false, source: 'env', env: 'WAYBILL_OPS_TLS', doc: '' })];

  it.each([
    [{ search: '', show: 'all', section: 'all' }, ['server', 'tls']],
    [{ search: 'LEAST LEVEL', show: 'all', section: 'all' }, ['server']],
    [{ search: 'waybill_ops', show: 'all', section: 'all' }, ['tls']],
    [{ search: '', show: 'changed', section: 'all' }, ['tls']],
    [{ search: '', show: 'live', section: 'all' }, ['server']],
    [{ search: '', show: 'all', section: 'tls' }, ['tls']],
    [{ search: 'nowhere', show: 'all', section: 'all' }, []],
  ])('finds with %o', (wanted, sections) => {
    expect(inSections(items, wanted).map(([section]) => section)).toEqual(sections);
  });

  it.each([
    [{ section: '', search: '', show: 'all' }, 'server'],
    [{ section: '', search: 'log', show: 'all' }, 'all'],
    [{ section: '', search: '', show: 'live' }, 'all'],
    [{ section: 'tls', search: 'log', show: 'all' }, 'tls'],
  ])('shows of %o the section %s', (wanted, section) => {
    expect(shownSection(wanted)).toBe(section);
  });

  it.each([
    [undefined, 'not set'],
    [[], 'empty list'],
    [['a', 'b'], 'a, b'],
    [65_536, '65536'],
    [false, 'false'],
    ['', 'empty'],
    [{ a: 1 }, '{"a":1}'],
  ])('writes %o on one line', (value, text) => {
    expect(written(value)).toBe(text);
  });

  it.each([
    [setting({ default: false, values: 'true, false' }), 'yes-no'],
    [setting({ default: 5, values: '1 to 10' }), 'number'],
    [setting({ default: [], values: 'list of text' }), 'list'],
    [setting({ default: 'info', values: 'trace, debug, info' }), 'choice'],
    [setting({ default: { a: 1 } }), 'json'],
    [setting({}), 'text'],
  ] as const)('is entered by its kind', (one, kind) => {
    expect(kindOf(one)).toBe(kind);
  });

  it('takes no sentence for a list of choices', () => {
    expect(choicesOf('a URL, or text')).toEqual([]);
  });

  it.each([
    ['yes-no', false],
    ['number', 512],
    ['list', ['https://a.example', 'https://b.example']],
    ['json', { a: [1] }],
    ['text', 'plain'],
  ] as const)('reads what it wrote (%s)', (kind, value) => {
    expect(valueOf(kind, textOf(value))).toEqual(value);
  });

  it('takes nothing for no number', () => {
    expect(() => valueOf('number', ' ')).toThrow('Write a number.');
  });
});
