import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a peer's program prints when it can be connected to. */
interface PeerFacts {
  readonly port: number;
  /** Of the server, where the program that printed this only looks after it. */
  readonly pid?: number;
}

/** A server that the gateway is measured beside, as a process of its own that ends with the rig. */
export class PeerProcess {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly pid: number;
  readonly #process: ChildProcess;

  /** `program`: a file of this folder. */
  static async start(program: string, programArguments: readonly string[] = []): Promise<PeerProcess> {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const child = spawn(process.execPath, [path, ...programArguments], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    const facts = await new Promise<PeerFacts>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('\n')) resolve(JSON.parse(output) as PeerFacts);
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${program} ended at its start with code ${String(code)}; its message stands above.`)));
    });
    return new PeerProcess(child, facts);
  }

  private constructor(child: ChildProcess, { port, pid }: PeerFacts) {
    this.#process = child;
    this.port = port;
    this.pid = pid ?? child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await exited;
  }
}
