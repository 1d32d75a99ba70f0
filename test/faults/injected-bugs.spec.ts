import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenRules, RULE_NAMES } from './checker/check.js';
import { INJECTED_BUGS } from './injected/bugs.js';
import { runShortLoad } from './injected/short-load.js';
import { Build } from './rig/build.js';
import { PostgresProcess } from './rig/postgres-process.js';

/** The checker is worth what it finds: the real program with one defect, on a real database, must turn that rule red. */
describe('the checker against real builds', { timeout: 120_000 }, () => {
  let postgres: PostgresProcess;

  beforeAll(async () => {
    postgres = await PostgresProcess.start();
  });
  afterAll(() => postgres.dispose());

  it('finds nothing in the program as it is', async () => {
    const { verdict, explanation } = await runShortLoad(postgres, 'unchanged', []);
    expect(explanation).toBe('');
    expect(verdict.figures).toMatchObject({ messages: 1_200, acked: 1_200, unknown: 0, refused: {}, lost: 0, duplicates: 0, holes: 0 });
    expect(verdict.figures.delivered).toBe(2 * 1_200);
  });

  it.each(INJECTED_BUGS)('finds that $what ($rule)', async ({ rule, changes }) => {
    const { verdict } = await runShortLoad(postgres, rule.toLowerCase(), changes);
    expect(brokenRules(verdict)).toContain(rule);
  });

  it('has a build for every rule', () => {
    expect([...new Set(INJECTED_BUGS.map(({ rule }) => rule))]).toEqual([...RULE_NAMES]);
  });

  it('changes one build and no other', () => {
    const text = (build: Build): string => readFileSync(join(build.directory, 'dist', 'main.js'), 'utf8');
    const [changed, unchanged] = [Build.copy([{ file: 'main.js', find: 'NODE_MAJOR = 24', replace: 'NODE_MAJOR = 23' }]), Build.copy()];
    expect([changed, unchanged].map((build) => /NODE_MAJOR = (\d+)/.exec(text(build))?.[1])).toEqual(['23', '24']);
    for (const build of [changed, unchanged]) build.remove();
  });

  it('refuses a change whose text is not there exactly once', () => {
    expect(() => Build.copy([{ file: 'main.js', find: 'no such text', replace: '' }])).toThrow('0 times instead of once');
    expect(() => Build.copy([{ file: 'main.js', find: 'import', replace: '' }])).toThrow('instead of once');
  });
});
