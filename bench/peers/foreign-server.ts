import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const HOST = '127.0.0.1';
const READY_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/**
 * Looks after a server that is no program of ours: starts it, prints its port and process id as a line of JSON when it listens, and
 * stops it when the standard input ends, so it goes with the rig however that one ends.
 */
export async function serveForeign(program: string, programArguments: readonly string[], port: number): Promise<void> {
  const child = spawn(program, programArguments, { stdio: ['ignore', 'ignore', 'inherit'] });
  child.once('exit', (code) => process.exit(code ?? 0));
  const stop = (): void => void child.kill('SIGTERM');
  process.stdin.once('end', stop);
  process.stdin.once('error', stop);
  process.stdin.resume();
  const deadline = performance.now() + READY_DEADLINE_MS;
  while (!(await isListening(port))) {
    if (performance.now() > deadline) throw new Error(`${program} does not listen on ${port}`);
    await delay(POLL_MS);
  }
  process.stdout.write(`${JSON.stringify({ port, pid: child.pid })}\n`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
