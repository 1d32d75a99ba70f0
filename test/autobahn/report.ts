import { groupOf, GROUPS } from './cases/all.js';
import type { CaseResult, Verdict } from './session.js';

const VERDICTS: readonly Verdict[] = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'FAILED', 'WRONG CODE', 'UNCLEAN'];

/** One row for each group that ran: how many cases had which verdict. */
export function summaryTable(results: readonly CaseResult[]): string {
  const rows = GROUPS.flatMap(({ group, subject }) => {
    const ran = results.filter(({ id }) => groupOf(id) === group);
    return ran.length === 0 ? [] : [[group, subject, ran.length, ...counts(ran)]];
  });
  const total = ['', 'together', results.length, ...counts(results)];
  return [['group', 'subject', 'cases', ...VERDICTS], ['---', '---', ...Array<string>(VERDICTS.length + 1).fill('---:')], ...rows, total]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

/** One row for each case, for those who look something up. */
export function caseTable(results: readonly CaseResult[], inputs: ReadonlyMap<string, string>): string {
  const rows = results.map(
    ({ id, verdict, detail, ms }) => `| ${id} | ${inputs.get(id) ?? ''} | ${verdict} | ${detail} | ${ms.toFixed(0)} |\n`,
  );
  return `| case | input | verdict | detail | ms |\n|---|---|---|---|---:|\n${rows.join('')}`;
}

function counts(results: readonly CaseResult[]): readonly number[] {
  return VERDICTS.map((verdict) => results.filter((result) => result.verdict === verdict).length);
}
