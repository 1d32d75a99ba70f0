import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childrenOf, processFacts, signal } from './processes.js';

const PROGRAM = fileURLToPath(new URL('guardian-process.mjs', import.meta.url));

/** Sees to it that what a test started ends with it. One process of its own stands by for the case that the test is killed. */
class Guardian {
  private watcher: ChildProcess | undefined;

  /** Ends this process and its children, should the test end without having done so. */
  watch(pid: number): void {
    const facts = processFacts(pid);
    if (facts !== undefined) this.tell(`process ${pid} ${facts.start}`);
  }

  /** A new directory below the system's temporary one; `removeDirectory` removes it, or the end of the test does. */
  makeDirectory(name: string): string {
    const directory = mkdtempSync(join(tmpdir(), `waybill-faults-${name}-`));
    this.tell(`directory ${directory}`);
    return directory;
  }

  removeDirectory(directory: string): void {
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  private tell(line: string): void {
    this.watcher ??= this.start();
    this.watcher.stdin?.write(`${line}\n`);
  }

  private start(): ChildProcess {
    const watcher = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
    // It ends with us, by the end of its standard input; it must not hold us up.
    watcher.unref();
    (watcher.stdin as unknown as { unref(): void }).unref();
    return watcher;
  }
}

export const guardian = new Guardian();

/** A process with all its descendants, parents first. */
export function tree(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(tree)];
}

/** Ends a process and its descendants as a power cut would: the parent first, so that it starts no others. */
export function killTree(pid: number): void {
  const all = tree(pid);
  for (const each of all) signal(each, 'SIGKILL');
  // What the parent began between the look and its end.
  for (const each of all.flatMap((parent) => childrenOf(parent))) signal(each, 'SIGKILL');
}
