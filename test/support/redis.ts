import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.js';
import { toolPath } from './tools.js';

const HOST = '127.0.0.1';
const START_MS = 10_000;
const LOOK_MS = 10;
/** The shell ends its server when its standard input ends, so it goes with the tests however these end, `kill -9` included. */
const SCRIPT =
  '"$@" > /dev/null & server=$!; echo $server; cat > /dev/null; exec 2> /dev/null; kill -CONT $server; kill -KILL $server; wait $server';

/** A private Redis on a free port, without persistence. It can be stopped, continued, killed and started again at the same port. */
export class TestRedis {
  private shell: ChildProcess | undefined;
  private pid = 0;

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  /** @param options of redis-server, as `--maxmemory 10mb` is two of them. */
  static async start(options: readonly string[] = []): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), options);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://${HOST}:${this.port}`;
  }

  async start(): Promise<void> {
    if (this.shell !== undefined) throw new Error('it runs');
    const place = ['--port', String(this.port), '--bind', HOST, '--save', '', '--appendonly', 'no', '--protected-mode', 'no'];
    const shell = spawn('sh', ['-c', SCRIPT, 'sh', toolPath('redis'), ...place, ...this.options], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.shell = shell;
    const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
    this.pid = Number(line);
    for (const until = Date.now() + START_MS; !(await accepts(this.port)); await delay(LOOK_MS)) {
      if (Date.now() > until) throw new Error(`redis-server does not listen at ${this.port} after ${START_MS} ms`);
    }
  }

  /** It hangs: its sockets stay open, and nothing answers. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it at once, with everything it knew; `start` begins anew. */
  async stop(): Promise<void> {
    const { shell } = this;
    if (shell === undefined) return;
    this.shell = undefined;
    const ended = once(shell, 'exit');
    shell.stdin?.end();
    await ended;
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
