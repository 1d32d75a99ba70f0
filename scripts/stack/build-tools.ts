/**
 * `npm run stack:tools [-- NAME …]`: builds the collector, Jaeger and Prometheus with Go, for `npm run stack`, into a folder that outlives
 * `npm run build` but not `npm ci`. One after the other and with one processor, since each takes minutes; what is there already is kept.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GO_TOOLS, GO_TOOL_NAMES, type GoTool, MANIFEST, TOOLS_DIRECTORY, builtTool } from './tools.ts';
import { findProgram } from '../../test/support/tools.ts';

const SMALL = ['-p', '1', '-trimpath', '-ldflags=-s -w'];
/** Ways to find targets other than those of prometheus.yml are most of its code; the console's pages are not built. */
const PROMETHEUS_TAGS = 'remove_all_sd,netgo';

const go = findProgram('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !GO_TOOL_NAMES.includes(name as GoTool));
const wanted = asked.length === 0 ? GO_TOOL_NAMES : (asked as GoTool[]);

if (unknown.length > 0) fail(`There is no ${unknown.join(', ')}; choose of ${GO_TOOL_NAMES.join(', ')}.`);
else if (go === undefined)
  fail('Go is not installed, and nothing else builds these programs. Get it from https://go.dev/dl, 1.26 or newer.');
else for (const name of wanted) build(go, name);

function build(compiler: string, name: GoTool): void {
  if (builtTool(name) !== undefined) {
    print(`${name} is there.`);
    return;
  }
  const { from, minutes } = GO_TOOLS[name];
  print(`Building ${name} of ${from}; this takes about ${minutes} minutes of one processor.`);
  mkdirSync(TOOLS_DIRECTORY, { recursive: true });
  const directory = mkdtempSync(join(tmpdir(), `waybill-${name}-`));
  const built = join(directory, `built-${name}`);
  try {
    if (name === 'otelcol') buildCollector(compiler, directory, built);
    else if (name === 'jaeger') run(compiler, [...buildInto(built), './cmd/jaeger'], moduleSource(compiler, from, directory));
    else run(compiler, [...buildInto(built), '-tags', PROMETHEUS_TAGS, './cmd/prometheus'], moduleSource(compiler, from, directory));
    // Whole or not at all.
    copyFileSync(built, join(TOOLS_DIRECTORY, `${name}.new`));
    renameSync(join(TOOLS_DIRECTORY, `${name}.new`), join(TOOLS_DIRECTORY, name));
    print(`${name} is built.`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function buildInto(path: string): readonly string[] {
  return ['build', ...SMALL, '-o', path];
}

/** The builder writes the sources of a collector with the components of the manifest. */
function buildCollector(compiler: string, directory: string, built: string): void {
  const sources = join(directory, 'sources');
  const manifest = join(directory, 'manifest.yaml');
  writeFileSync(manifest, readFileSync(MANIFEST, 'utf8').replace(/^dist:\n/m, `dist:\n  output_path: ${sources}\n  go: ${compiler}\n`));
  run(compiler, ['install', '-p', '1', GO_TOOLS.otelcol.from], directory, { GOBIN: directory });
  run(join(directory, 'builder'), ['--config', manifest, '--skip-compilation'], directory);
  run(compiler, [...buildInto(built), '.'], sources);
}

/** A copy of a module's sources: their go.mod has `replace` lines, which `go install` does not follow. */
function moduleSource(compiler: string, module: string, directory: string): string {
  const { Dir: downloaded } = JSON.parse(run(compiler, ['mod', 'download', '-json', module], directory)) as { readonly Dir: string };
  const sources = join(directory, 'sources');
  cpSync(downloaded, sources, { recursive: true });
  run('chmod', ['-R', 'u+w', sources], directory);
  return sources;
}

/** Answers what it printed; throws where it fails. A workspace file names folders that a module's archive does not have. */
function run(program: string, args: readonly string[], cwd: string, environment: Readonly<Record<string, string>> = {}): string {
  const env = { ...process.env, GOWORK: 'off', ...environment };
  const { status, stdout, error } = spawnSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(status ?? error?.message)}`);
  return stdout;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
