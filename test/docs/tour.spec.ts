import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../support/ports.js';

interface Step {
  readonly line: number;
  readonly kind: 'sh' | 'text';
  readonly terminal: number;
  readonly body: string;
}

const README = readFileSync('README.md', 'utf8');
const STEPS = stepsOf(README);
const LONG_RUNNING = /^npm start$|waybill sub /;

/** The tour of the README, as a reader types it: only ports and the data directory differ, so that it disturbs nobody. */
describe('the five-minute tour', () => {
  const terminals = new Map<number, Terminal>();
  let dataDir: string;
  let environment: NodeJS.ProcessEnv;
  let ports: readonly number[];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'waybill-tour-'));
    ports = await freePorts(2);
    environment = { ...process.env, WAYBILL_PORT: String(ports[0]), WAYBILL_OPS_PORT: String(ports[1]), WAYBILL_DATA_DIR: dataDir };
  });
  afterAll(async () => {
    for (const terminal of [...terminals.values()].reverse()) await terminal.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('is there', () => {
    expect(STEPS.length).toBeGreaterThan(9);
  });

  it.each(STEPS)('line $line, terminal $terminal', { timeout: 120_000 }, async ({ kind, terminal: number, body }) => {
    const terminal = terminals.get(number) ?? new Terminal();
    terminals.set(number, terminal);
    if (kind === 'text') {
      for (const expected of body.split('\n').filter((line) => line !== '')) await terminal.untilPrinted(expected);
      return;
    }
    const command = body.replaceAll('8080', String(ports[0])).replaceAll('9464', String(ports[1])).replaceAll('.waybill/', `${dataDir}/`);
    if (!LONG_RUNNING.test(command)) {
      await terminal.run(command, environment);
      return;
    }
    terminal.start(command, environment);
    if (command === 'npm start') await untilReady(ports[1] as number);
    else await terminal.untilPrinted('chat.lobby');
  });

  it('left the subscriber without a gap, through the kill', () => {
    const seen = terminals.get(2)?.output ?? '';
    expect(seen).not.toMatch(/gap|missing|reset/i);
    expect(seen.match(/hello from bob|hello from curl|still here/g)).toEqual(['hello from bob', 'hello from curl', 'still here']);
  });
});

class Terminal {
  #output = '';
  #job: ChildProcess | undefined;

  get output(): string {
    return this.#output;
  }

  start(command: string, env: NodeJS.ProcessEnv): void {
    // A group of its own, as a terminal gives each job, so that closing it ends npm, the shell and the program.
    const job = spawn('sh', ['-c', command], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#job = job;
    for (const stream of [job.stdout, job.stderr]) stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  async run(command: string, env: NodeJS.ProcessEnv): Promise<void> {
    const output = await new Promise<string>((resolve, reject) => {
      execFile('sh', ['-c', command], { env, timeout: 60_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${command}: ${error.message}\n${stdout}\n${stderr}`));
      });
    });
    if (command.startsWith('curl')) expect(output).not.toMatch(/"code":"(?!OK")/);
    if (!command.startsWith('kill')) expect(output.trim()).not.toBe('');
    this.#output += output;
  }

  async untilPrinted(expected: string): Promise<void> {
    await expect.poll(() => this.#output, { timeout: 30_000, interval: 50 }).toContain(expected);
  }

  async close(): Promise<void> {
    const job = this.#job;
    if (job?.pid === undefined || job.exitCode !== null || job.signalCode !== null) return;
    const exited = once(job, 'exit');
    process.kill(-job.pid, 'SIGINT');
    await exited;
    // The shell goes first; the gateway has its database to stop.
    while (groupLives(job.pid)) await delay(50);
  }
}

function groupLives(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

async function untilReady(opsPort: number): Promise<void> {
  const ready = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${opsPort}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  await expect.poll(ready, { timeout: 90_000, interval: 100 }).toBe(true);
}

function stepsOf(page: string): readonly Step[] {
  const start = page.indexOf('## A five-minute tour');
  const end = page.indexOf('\n## ', start + 1);
  return [...page.matchAll(/^```(sh|text)\n# terminal (\d)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match.index > start && match.index < end)
    .map((match) => ({
      kind: match[1] as Step['kind'],
      terminal: Number(match[2]),
      body: (match[3] as string).trim(),
      line: page.slice(0, match.index).split('\n').length,
    }));
}
