import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const HOST = '127.0.0.1';
/** The shell ends its server when its standard input ends, so it goes with the rig however that one ends, `kill -9` included. */
const SCRIPT = '"$@" > /dev/null & server=$!; echo $server; cat > /dev/null; exec 2> /dev/null; kill -KILL $server; wait $server';
const START_MS = 10_000;
const LOOK_MS = 20;

/** A private Redis for one benchmark, in memory alone. */
export interface RedisServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  const place = ['--port', String(port), '--bind', HOST, '--save', '', '--appendonly', 'no'];
  const shell = spawn('sh', ['-c', SCRIPT, 'sh', 'redis-server', ...place], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
  const stop = async (): Promise<void> => {
    if (shell.exitCode !== null) return;
    const ended = once(shell, 'exit');
    shell.stdin.end();
    await ended;
  };
  for (const until = Date.now() + START_MS; !(await accepts(port)); await delay(LOOK_MS)) {
    if (Date.now() < until && shell.exitCode === null) continue;
    await stop();
    throw new Error('redis-server did not start: install it (apt-get install -y --no-install-recommends redis-server).');
  }
  return { url: `redis://${HOST}:${port}`, pid: Number(line), stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
