import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isRunning } from './processes.js';

const HOOKS = fileURLToPath(new URL('../typescript-hooks.mjs', import.meta.url));
const HOLDER = fileURLToPath(new URL('guardian-holder.ts', import.meta.url));

/** A process that holds a Postgres of the rig, as a test does; answers what it holds. */
async function hold(): Promise<{ readonly child: ChildProcess; readonly pids: readonly number[]; readonly directory: string }> {
  const child = spawn(
    process.execPath,
    ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', '--import', HOOKS, HOLDER],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { pids: number[]; directory: string }) };
}

describe('the guardian', { timeout: 60_000 }, () => {
  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('ends what a test started when the test gets %s', async (signal) => {
    const { child, pids, directory } = await hold();
    const ended = once(child, 'exit');
    const running = pids.filter(isRunning).length;
    child.kill(signal);
    await ended;
    expect(running).toBeGreaterThan(3);
    await expect.poll(() => pids.some(isRunning), { timeout: 20_000 }).toBe(false);
    await expect.poll(() => existsSync(dirname(directory)), { timeout: 20_000 }).toBe(false);
  });
});
