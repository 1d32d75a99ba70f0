import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type { FaultReport } from './faults/fault.js';

const HEAD = `| fault | seed | messages | attempts | acknowledged | unknown | lost | duplicates | holes | figures of its own | verdict |
|---|---|---|---|---|---|---|---|---|---|---|
`;

/** The table of one day's runs, written line by line, so that a run that is interrupted has shown what it did. */
export class ResultsTable {
  readonly path: string;

  constructor(directory: string, now = new Date()) {
    this.path = `${directory}/${now.toISOString().slice(0, 10)}-faults.md`;
  }

  add(report: FaultReport): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const before = existsSync(this.path) ? readFileSync(this.path, 'utf8') : `${title()}\n${HEAD}`;
    writeFileSync(this.path, `${before}${lineOf(report)}\n`);
  }
}

function title(): string {
  const [cpu] = cpus();
  return `# Faults

\`npm run test:faults\`; docs/faults.md says what each fault is and what must hold. ${cpus().length} cores (${cpu?.model ?? 'unknown'}), Node ${process.versions.node}.
One line is one run; its seed repeats its choices: \`npm run test:faults -- FAULT --seed SEED --times 1\`.
`;
}

function lineOf({ fault, seed, outcome, failures }: FaultReport): string {
  const verdict =
    failures.length === 0 ? 'holds' : `**${failures.map((each) => each.replaceAll('\n', ' ').replaceAll('|', '/')).join('; ')}**`;
  if (outcome.kind === 'left-out') return `| ${fault.id} | ${seed} | | | | | | | | | ${verdict} |`;
  const { messages, attempts, acked, unknown, lost, duplicates, holes } = outcome.verdict.figures;
  const own = Object.entries(outcome.figures).map(([name, value]) => `${name}: ${value}`);
  const cells = [fault.id, seed, messages, attempts, acked, unknown, lost, duplicates, holes, own.join(', '), verdict];
  return `| ${cells.join(' | ')} |`;
}
