import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSteps } from './schedule.ts';
import type { Step } from './step.ts';
import { testCounts } from './test-counts.ts';

const printed: string[] = [];
const print = (text: string) => void printed.push(text);
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'waybill-schedule-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A step that notes its name and ends with a code. */
function step(name: string, code: number, after: readonly string[] = []): Step {
  const journal = JSON.stringify(join(directory, 'journal'));
  return {
    name,
    command: ['-e', `require('node:fs').appendFileSync(${journal}, ${JSON.stringify(`${name} `)}); process.exit(${code})`],
    after,
  };
}

describe('runSteps', () => {
  it('runs each step after those it needs, whatever their order', async () => {
    const results = await runSteps([step('c', 0, ['a', 'b']), step('b', 0, ['a']), step('a', 0)], 2, process.env, print);
    expect(readFileSync(join(directory, 'journal'), 'utf8')).toBe('a b c ');
    expect(results.map(({ name, state }) => `${name} ${state}`)).toEqual(['c passed', 'b passed', 'a passed']);
  });

  it('does not run what waits for a failure, and runs the rest', async () => {
    const results = await runSteps([step('a', 1), step('b', 0, ['a']), step('c', 0, ['b']), step('d', 0)], 2, process.env, print);
    expect(results.map(({ name, state }) => `${name} ${state}`)).toEqual(['a failed', 'b not run', 'c not run', 'd passed']);
    expect(readFileSync(join(directory, 'journal'), 'utf8')).not.toMatch(/[bc]/);
    expect(printed.join('')).toContain('b (not run: a did not succeed)');
  });

  it('lets a step of low priority, and what it starts, give way to others', async () => {
    const told = join(directory, 'priorities');
    // The parent sets it when the process is there; by the time of the look it has.
    const look = `setTimeout(() => require('node:child_process').execFileSync(process.execPath, ['-p', 'os.getPriority()'], { stdio: ['ignore', require('node:fs').openSync(${JSON.stringify(told)}, 'a'), 'inherit'] }), 100)`;
    const results = await runSteps([{ name: 'low', command: ['-e', look], priority: 'low' }], 1, process.env, print);
    expect(results).toEqual([{ name: 'low', state: 'passed' }]);
    expect(readFileSync(told, 'utf8')).toBe(`${constants.priority.PRIORITY_LOW}\n`);
  });

  it('counts a program that cannot be started, or that a signal ended, as failed', async () => {
    const killed: Step = { name: 'killed', command: ['-e', "process.kill(process.pid, 'SIGKILL')"] };
    const missing: Step = { name: 'missing', command: [join(directory, 'none.js')] };
    const results = await runSteps([killed, missing], 2, process.env, print);
    expect(results.map(({ state }) => state)).toEqual(['failed', 'failed']);
  });
});

describe('testCounts', () => {
  it('counts a file that did not load as one failure', () => {
    const report = join(directory, 'report.json');
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ];
    writeFileSync(report, JSON.stringify({ numPassedTests: 2, numFailedTests: 1, numPendingTests: 1, numTodoTests: 0, testResults }));
    expect(testCounts(report)).toEqual({ passed: 2, failed: 2, skipped: 1 });
  });

  it('counts nothing where there is no report', () => {
    expect(testCounts(join(directory, 'none.json'))).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});
