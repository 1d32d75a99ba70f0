import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SECURITY_TABLE } from './table/table.js';
import { testTitles } from './table/test-titles.js';

const FOLDER = 'test/security';
const DOCUMENT = 'docs/security-tests.md';

const specs = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.spec.ts') && name !== 'table.spec.ts')
  .map((name) => ({ name, titles: testTitles(name, readFileSync(join(FOLDER, name), 'utf8')) }));
const known = new Set(SECURITY_TABLE.map(({ id }) => id));

const specsOf = (id: string): readonly string[] =>
  specs.filter(({ titles }) => titles.some(({ ids }) => ids.includes(id))).map(({ name }) => name);

function documentText(): string {
  const rows = SECURITY_TABLE.map(({ id, topic, input, expected }) => {
    const files = specsOf(id).map((name) => `[${name}](../${FOLDER}/${name})`);
    return `| ${id} | ${topic} | ${input} | ${expected} | ${files.join(', ')} |\n`;
  });
  return (
    '# Security tests\n\n' +
    'What is tried against a running gateway, and what has to come of it. The tests are part of `npm test`; the title of each begins with\n' +
    `the id of its row. This page is written by \`UPDATE=1 npx vitest run --project e2e ${FOLDER}/table.spec.ts\`.\n\n` +
    '| id | topic | input | expected | tests |\n|---|---|---|---|---|\n' +
    rows.join('')
  );
}

describe('the security table', () => {
  it('has the rows S1 to S62 and C1 to C16, once each', () => {
    const wanted = [...Array.from({ length: 62 }, (_, n) => `S${n + 1}`), ...Array.from({ length: 16 }, (_, n) => `C${n + 1}`)];
    expect(SECURITY_TABLE.map(({ id }) => id)).toEqual(wanted);
  });

  it('has a test for every row', () => {
    expect([...known].filter((id) => specsOf(id).length === 0)).toEqual([]);
  });

  it('has a row for every id that a test names', () => {
    const named = specs.flatMap(({ name, titles }) => titles.flatMap(({ ids }) => ids.map((id) => ({ name, id }))));
    expect(named.filter(({ id }) => !known.has(id))).toEqual([]);
  });

  it(`is what ${DOCUMENT} shows`, () => {
    if (process.env['UPDATE'] === '1') writeFileSync(DOCUMENT, documentText());
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(documentText());
  });
});

describe('titles are read from', () => {
  it.each([
    ['a test', "it('S1 one', () => {});", [['S1']]],
    ['two rows at once', "it('S1, S2 both', () => {});", [['S1', 'S2']]],
    ['a table', "it.each([['a']])('S3 %s', () => {});", [['S3']]],
    ['a table whose rows name them', "it.each<[string, number]>([['C1 a', 1], ['C2 b', 2], ['C1 c', 3]])('%s', () => {});", [['C1', 'C2']]],
    ['a table of titles', "it.each(['C3 a', 'b'])('%s', () => {});", [['C3']]],
    ['a table within a row', "describe('S5 all', () => { it.each([['one']])('%s', () => {}); });", [['S5']]],
    ['options and templates', 'it.skipIf(true)(`C4 ${x}`, { timeout: 1 }, () => {});', [['C4']]],
    ['a suite', "describe('S5 all', () => { it('one', () => {}); it('S6 two', () => {}); });", [['S5'], ['S6']]],
    ['no test', "describe('S7 empty', () => {}); const it2 = it; it.each(['S8']); foo('S9');", []],
    ['a test without an id', "it('something about S1', () => {});", [[]]],
  ])('%s', (_name, text, expected) => {
    expect(testTitles('x.spec.ts', text).map(({ ids }) => ids)).toEqual(expected);
  });
});
