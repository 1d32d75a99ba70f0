/** `npm run dashboards` writes grafana/dashboards; with `--check` they are only compared, and what is stale fails. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from './all.ts';

const FOLDER = 'grafana/dashboards';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const check = process.argv.includes('--check');
mkdirSync(FOLDER, { recursive: true });
const wanted = dashboardFiles();
const present = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => `${FOLDER}/${name}`);

for (const path of present.filter((file) => !wanted.has(file))) {
  if (check) fail(`${path} is made by nothing`);
  else rmSync(path);
}
for (const [path, text] of wanted) {
  if (present.includes(path) && readFileSync(path, 'utf8') === text) continue;
  if (check) fail(`${path} is not current`);
  else {
    writeFileSync(path, text);
    process.stdout.write(`${path} written.\n`);
  }
}

function fail(problem: string): void {
  process.stderr.write(`${problem}. Run "npm run dashboards".\n`);
  process.exitCode = 1;
}
