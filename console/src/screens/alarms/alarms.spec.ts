import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { against, type Alarm } from './alarm.ts';
import { linkOf } from './runbook-link.ts';
import { saidRate, worstOf } from './burn.ts';

const alarm: Alarm = { name: 'WaybillMemoryHigh', state: 'active', severity: 'page', since: 0, summary: '' };

describe('an alarm', () => {
  it.each([
    [{}, undefined],
    [{ value: 0.912345 }, '0.9123'],
    [{ value: 1_234.5, threshold: 1_000 }, '1,235 of 1,000'],
  ])('%o stands as %s', (figures, text) => {
    expect(against({ ...alarm, ...figures })).toBe(text);
  });
});

describe('a link in a runbook', () => {
  it.each([
    ['waybill-bus-down.md', { to: '/alarms/runbooks/waybill-bus-down' }],
    ['./waybill-bus-down.md#do-this', { to: '/alarms/runbooks/waybill-bus-down' }],
    ['https://example.com/x', { href: 'https://example.com/x' }],
    ['javascript:alert(1)', {}],
    ['data:text/html,x', {}],
    ['../slo.md', {}],
  ])('%s', (href, link) => {
    expect(linkOf(href)).toEqual(link);
  });

  it('is a link for the reader of Markdown too', () => {
    const [paragraph] = marked.lexer('[down](waybill-bus-down.md)');
    expect(paragraph).toMatchObject({ type: 'paragraph', tokens: [{ type: 'link', href: 'waybill-bus-down.md' }] });
  });
});

describe('how fast a budget burns', () => {
  const window = { window: '5m', covers_s: 300, good: 1, total: 2, burn_rate: 3 };

  it('is not known where nothing happened', () => {
    expect(saidRate({ ...window, total: 0, burn_rate: 0 })).toBe('–');
    expect(saidRate(window)).toBe('3 ×');
  });

  it.each([
    [0.5, 'quiet'],
    [1.5, 'warn'],
    [14.4, 'bad'],
  ] as const)('%d times is %s', (rate, tone) => {
    expect(worstOf(rate)).toBe(tone);
  });
});
