import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { RUN_MARK, endLeftovers } from './leftovers.ts';

describe.runIf(process.platform === 'linux')('endLeftovers', () => {
  it('finds and ends a process that inherited the mark, and leaves others alone', async () => {
    const mark = randomUUID();
    const marked = spawn('sleep', ['600'], { env: { ...process.env, [RUN_MARK]: mark } });
    const other = spawn('sleep', ['600'], { env: { ...process.env, [RUN_MARK]: randomUUID() } });
    const ended = once(marked, 'exit');
    expect(await endLeftovers(mark, 100)).toEqual([{ pid: marked.pid, command: 'sleep 600' }]);
    await ended;
    expect(other.exitCode).toBeNull();
    other.kill();
    await once(other, 'exit');
  });

  it('waits for what is about to end', async () => {
    const mark = randomUUID();
    spawn('sleep', ['0.3'], { env: { ...process.env, [RUN_MARK]: mark } });
    expect(await endLeftovers(mark)).toEqual([]);
  });
});
