import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const SERVER = fileURLToPath(new URL('postgres-server.ts', import.meta.url));

/** One Postgres for the whole run, whichever projects take part: the first that asks starts it, the last that ends stops it. */
let server: ChildProcess | undefined;
let url: Promise<string> | undefined;
let users = 0;

export async function setup(project: TestProject): Promise<void> {
  users += 1;
  url ??= startPostgres();
  project.provide('postgresUrl', await url);
}

export async function teardown(): Promise<void> {
  users -= 1;
  if (users > 0 || server === undefined) return;
  const exited = once(server, 'exit');
  server.stdin?.end();
  await exited;
  server = undefined;
  url = undefined;
}

async function startPostgres(): Promise<string> {
  // In a group of its own: Ctrl-C reaches the runner, whose end then stops the server in order.
  const child = spawn(process.execPath, [SERVER], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  server = child;
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve(output.trim());
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`The tests' Postgres ended at its start with code ${String(code)}; its message stands above.`)),
    );
  });
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}
