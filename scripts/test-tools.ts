/** Sees to the programs that suites need and npm does not bring: installs them where it may, else says what is left out. */
import { spawnSync } from 'node:child_process';
import { TOOLS, TOOL_NAMES, type ToolDefinition, type ToolName, findProgram, isInstalled, toolOfSuite } from '../test/support/tools.ts';
import { filesBelow } from './build/project.js';
import { withoutServiceStarts } from './check/service-starts.ts';

const suites = ['src', 'client/src', 'test'].flatMap((folder) => filesBelow(folder)).filter((path) => toolOfSuite(path) !== undefined);

function missingTools(): readonly ToolName[] {
  return TOOL_NAMES.filter((tool) => suites.some((path) => toolOfSuite(path) === tool) && !isInstalled(tool));
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

function install(packages: readonly string[]): void {
  process.stdout.write(`Installing ${packages.join(', ')} for the suites that need them.\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=300'];
  for (const command of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { status, stderr } = spawnSync('apt-get', [...options, ...command], { env, encoding: 'utf8' });
    if (status !== 0) process.stdout.write(`apt-get ${command.join(' ')} failed: ${stderr.slice(-2_000)}\n`);
  }
}

const wanted = missingTools();
const packages = new Set(wanted.flatMap((tool) => TOOLS[tool].package.split(' ')));
if (packages.size > 0 && mayInstall()) withoutServiceStarts(() => install([...packages]));

for (const tool of missingTools()) {
  const leftOut = suites.filter((path) => toolOfSuite(path) === tool);
  const { programs, needs, files = [], package: name }: ToolDefinition = TOOLS[tool];
  const lacking = files.length > 0 ? name : programs.join(needs === 'all' ? ' and ' : ' or ');
  process.stdout.write(`Left out, because ${lacking} is not installed: ${leftOut.join(', ')}.\n`);
  process.stdout.write(`  Get it with: apt-get install -y --no-install-recommends ${name}\n`);
  if (process.env['CI'] === 'true') process.exitCode = 1;
}
