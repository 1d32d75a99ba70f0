import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('postgres-server.ts', import.meta.url));

interface ServerFacts {
  readonly url: string;
  readonly pid: number;
  /** Holds everything of this run; removed with the server. */
  readonly directory: string;
}

/** The database server of one run, and the directory of everything the run writes. */
export class PrivatePostgres {
  readonly url: string;
  readonly pid: number;
  readonly directory: string;
  readonly #process: ChildProcess;

  /** `parent`: where the directory is made; what is measured depends on its disk. */
  static async start(parent: string): Promise<PrivatePostgres> {
    // In a group of its own: Ctrl-C reaches the rig, whose end then stops the server in order.
    const child = spawn(process.execPath, [SERVER, parent], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    const facts = await new Promise<ServerFacts>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('\n')) resolve(JSON.parse(output) as ServerFacts);
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`Postgres ended at its start with code ${String(code)}; its message stands above.`)));
    });
    return new PrivatePostgres(child, facts);
  }

  private constructor(child: ChildProcess, { url, pid, directory }: ServerFacts) {
    this.#process = child;
    this.url = url;
    this.pid = pid;
    this.directory = directory;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await exited;
  }
}
