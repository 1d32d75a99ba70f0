import { expect, it } from 'vitest';
import { auditVerdict } from './verdict.js';

const report = (vulnerabilities: object, counts: object): string =>
  JSON.stringify({ vulnerabilities, metadata: { vulnerabilities: counts } });

it.each([
  ['nothing', report({}, { total: 0 }), 'clean'],
  ['something harmless', report({ a: { severity: 'low', range: '<1' } }, { low: 1, total: 1 }), 'clean'],
  ['something serious', report({ a: { severity: 'high', range: '<2' }, b: { severity: 'low', range: '*' } }, { total: 2 }), 'vulnerable'],
  ['something critical', report({ a: { severity: 'critical', range: '<2' } }, { total: 1 }), 'vulnerable'],
  ['a refusal', JSON.stringify({ message: '405 Method Not Allowed', error: {} }), 'unchecked'],
  ['no JSON', 'npm error', 'unchecked'],
  ['no answer', '', 'unchecked'],
])('a report of %s', (_what, output, state) => {
  const verdict = auditVerdict(output);
  expect(verdict.state).toBe(state);
  expect(verdict.sentence).toMatch(/\w+ \w+.*\.$/);
});

it('names what is serious, and why nothing was checked', () => {
  expect(auditVerdict(report({ ws: { severity: 'high', range: '<8.21.0' } }, { total: 1 })).sentence).toContain('ws <8.21.0 (high)');
  expect(auditVerdict(JSON.stringify({ message: '405 Method Not Allowed' })).sentence).toContain('405 Method Not Allowed');
});
