import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../test/support/ports.ts';

const HOST = '127.0.0.1';
const START_MS = 10_000;
const LOOK_MS = 20;
/** The shell ends its server when its standard input ends, so it goes with the rig however that one ends. */
const SCRIPT = '"$@" > /dev/null & server=$!; echo $server; cat > /dev/null; kill -KILL $server; wait $server 2> /dev/null';

/** The Redis of one run, with nothing on disk. */
export class PrivateRedis {
  readonly url: string;
  readonly pid: number;
  readonly #shell: ChildProcess;

  static async start(): Promise<PrivateRedis> {
    const [port = 0] = await freePorts(1);
    const options = ['--port', String(port), '--bind', HOST, '--save', '', '--appendonly', 'no'];
    const shell = spawn('sh', ['-c', SCRIPT, 'sh', 'redis-server', ...options], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
    for (const until = Date.now() + START_MS; !(await accepts(port)); await delay(LOOK_MS)) {
      if (Date.now() > until)
        throw new Error('redis-server does not listen; get it with: apt-get install -y --no-install-recommends redis-server');
    }
    return new PrivateRedis(shell, `redis://${HOST}:${port}`, Number(line));
  }

  private constructor(shell: ChildProcess, url: string, pid: number) {
    this.#shell = shell;
    this.url = url;
    this.pid = pid;
  }

  async stop(): Promise<void> {
    if (this.#shell.exitCode !== null) return;
    const exited = once(this.#shell, 'exit');
    this.#shell.stdin?.end();
    await exited;
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = createConnection(port, HOST);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
