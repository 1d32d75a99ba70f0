/**
 * `npm run test:faults -- check LOG...`: judges logs that were kept, all of them as one. Ends with 1 where a rule is broken.
 */
import { brokenRules, check, describeVerdict } from './check.js';
import { readLog } from './json-lines.js';

export function checkFiles(paths: readonly string[], print: (text: string) => void): number {
  if (paths.length === 0) {
    print('Name one or more logs: npm run test:faults -- check LOG...\n');
    return 2;
  }
  const verdict = check(paths.flatMap((path) => readLog(path)));
  print(`${JSON.stringify(verdict.figures)}\n`);
  const broken = brokenRules(verdict);
  print(broken.length === 0 ? 'L1 to L9 hold.\n' : `${describeVerdict(verdict)}\n`);
  return broken.length === 0 ? 0 : 1;
}
