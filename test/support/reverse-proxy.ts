import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Authority, put } from './certificates.js';
import { freePorts } from './ports.js';
import { toolPath } from './tools.js';

/** A node as the proxy finds it. */
export interface ProxiedNode {
  readonly port: number;
  readonly opsPort: number;
}

const START_MS = 10_000;
const LOOK_MS = 20;

/** A reverse proxy that runs with the files of deploy, in front of two nodes. */
export abstract class ReverseProxy {
  readonly directory = mkdtempSync(join(tmpdir(), 'waybill-proxy-'));
  /** Of the certificate at `tlsPort`. */
  readonly authority = Authority.create('Waybill proxy test');
  protected process: ChildProcess | undefined;
  private readonly end = (): void => void this.process?.kill('SIGTERM');

  protected constructor(
    protected readonly nodes: readonly [ProxiedNode, ProxiedNode],
    readonly port: number,
    readonly tlsPort: number,
  ) {
    // Its workers are another user.
    chmodSync(this.directory, 0o755);
    for (const part of ['tmp', 'tls']) {
      mkdirSync(join(this.directory, part));
      chmodSync(join(this.directory, part), 0o777);
    }
    const { cert, key } = this.authority.issue({ names: ['IP:127.0.0.1'] });
    put(join(this.directory, 'tls/server.pem'), cert + key);
    put(join(this.directory, 'tls/server.key'), key);
  }

  /** What it wrote: its complaints, and a line for each request. */
  get log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  /** Sends this share of the clients that come from now on to the second node, and the rest to the first. In percent. */
  abstract release(percent: number): Promise<void>;

  /** Resolves when it has learnt that the first node is not ready; at once where it asks no node. */
  abstract noticesUnready(): Promise<void>;

  async stop(): Promise<void> {
    const { process: running } = this;
    process.off('exit', this.end);
    if (running !== undefined && running.exitCode === null && running.signalCode === null) {
      const exited = once(running, 'exit');
      running.kill('SIGTERM');
      await exited;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  protected async launch(program: string, args: readonly string[]): Promise<void> {
    const output = openSync(join(this.directory, 'log'), 'a');
    this.process = spawn(program, args, { stdio: ['ignore', output, output] });
    process.once('exit', this.end);
    for (const until = Date.now() + START_MS; !(await accepts(this.port)); await delay(LOOK_MS)) {
      if (this.process.exitCode !== null) throw new Error(`${program} ended with ${this.process.exitCode}: ${this.log}`);
      if (Date.now() > until) throw new Error(`${program} does not listen at ${this.port} after ${START_MS} ms: ${this.log}`);
    }
  }

  /** Copies a file, with addresses and paths of this run in place of those that stand there; `changes` must be found. */
  protected place(source: string, target: string, changes: Readonly<Record<string, string>>): string {
    let text = readFileSync(source, 'utf8');
    for (const [from, to] of Object.entries({ ...changes, ...this.common() })) {
      if (from in changes && !text.includes(from)) throw new Error(`${source} does not say ${from}`);
      text = text.replaceAll(from, to);
    }
    const path = join(this.directory, target);
    writeFileSync(path, text);
    return path;
  }

  private common(): Readonly<Record<string, string>> {
    return {
      // First: the others put such paths in.
      '/tmp/': `${this.directory}/tmp/`,
      ...Object.fromEntries(this.nodes.map(({ port }, index) => [`waybill-${index + 1}:8080`, `127.0.0.1:${port}`])),
      '0.0.0.0:8080': `127.0.0.1:${this.port}`,
      '0.0.0.0:8443': `127.0.0.1:${this.tlsPort}`,
      '/etc/nginx/waybill': this.directory,
      '/etc/nginx/tls': `${this.directory}/tls`,
      '/etc/haproxy/tls': `${this.directory}/tls`,
    };
  }
}

/** deploy/nginx, with its server for TLS. */
export class Nginx extends ReverseProxy {
  static async start(nodes: readonly [ProxiedNode, ProxiedNode]): Promise<Nginx> {
    const [port = 0, tlsPort = 0] = await freePorts(2);
    const nginx = new Nginx(nodes, port, tlsPort);
    for (const file of ['http.conf', 'nodes.conf', 'release.conf', 'gateway.conf', 'tls.conf'])
      nginx.place(`deploy/nginx/${file}`, file, {});
    nginx.place('deploy/nginx/nginx.conf', 'nginx.conf', {
      '# include /etc/nginx/waybill/tls.conf;': 'include /etc/nginx/waybill/tls.conf;',
    });
    await nginx.launch(toolPath('nginx'), ['-c', join(nginx.directory, 'nginx.conf'), '-g', 'daemon off;']);
    return nginx;
  }

  /** As docs/proxies.md has it: the node of the release leaves the others' list, and the share is written and reloaded. */
  override async release(percent: number): Promise<void> {
    const nodes = this.place('deploy/nginx/nodes.conf', 'nodes.conf', {});
    const [, second] = this.nodes;
    const groups = readFileSync(nodes, 'utf8').split(/(?=^upstream )/m);
    const stable = new RegExp(`^  server 127\\.0\\.0\\.1:${second.port} .*\n`, 'm');
    writeFileSync(nodes, groups.map((group) => (group.startsWith('upstream waybill_stable') ? group.replace(stable, '') : group)).join(''));
    const shares = percent === 0 ? '* stable;' : percent === 100 ? '* canary;' : `${percent}% canary; * stable;`;
    this.place('deploy/nginx/release.conf', 'release.conf', { '* stable;': shares });
    const before = this.workers();
    this.process?.kill('SIGHUP');
    for (const until = Date.now() + START_MS; ; await delay(LOOK_MS)) {
      const now = this.workers();
      // Those of before have stopped listening when the new ones are there and they are told to go.
      if (now.some((pid) => !before.includes(pid)) && before.every((pid) => !now.includes(pid) || isLeaving(pid))) return;
      if (Date.now() > until) throw new Error(`nginx has not read its files anew after ${START_MS} ms: ${this.log}`);
    }
  }

  /** nginx of its free edition asks nobody: refusals tell it. */
  override async noticesUnready(): Promise<void> {}

  private workers(): readonly number[] {
    return childrenOf(this.process?.pid ?? 0);
  }
}

/** deploy/haproxy, with TLS at a port beside. */
export class HAProxy extends ReverseProxy {
  static async start(nodes: readonly [ProxiedNode, ProxiedNode]): Promise<HAProxy> {
    const [port = 0, tlsPort = 0] = await freePorts(2);
    const haproxy = new HAProxy(nodes, port, tlsPort);
    const [first, second] = nodes;
    const config = haproxy.place('deploy/haproxy/haproxy.cfg', 'haproxy.cfg', {
      // Every node has the same port for operators, but not here.
      'check port 9464 ': 'check ',
      'server waybill-1 waybill-1:8080': `server waybill-1 127.0.0.1:${first.port} port ${first.opsPort}`,
      'server waybill-2 waybill-2:8080': `server waybill-2 127.0.0.1:${second.port} port ${second.opsPort}`,
      '# By TLS:                       bind': '# By TLS:\n  bind',
    });
    await haproxy.launch(toolPath('haproxy'), ['-f', config, '-db']);
    return haproxy;
  }

  override async release(percent: number): Promise<void> {
    await this.command(`set server waybill/waybill-1 weight ${100 - percent}`);
    await this.command(`set server waybill/waybill-2 weight ${percent}`);
  }

  override async noticesUnready(): Promise<void> {
    for (const until = Date.now() + START_MS; ; await delay(LOOK_MS)) {
      const stats = (await this.command('show stat')).split('\n').find((line) => line.startsWith('waybill,waybill-1,'));
      if (stats?.includes(',DOWN,') === true) return;
      if (Date.now() > until) throw new Error(`waybill-1 is not down after ${START_MS} ms: ${stats}`);
    }
  }

  /** A line to its socket for administrators; throws what it complains of. */
  async command(line: string): Promise<string> {
    const socket = connect(join(this.directory, 'tmp/haproxy.sock'));
    socket.end(`${line}\n`);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    if (/Require|No such|Unknown|denied|Invalid/i.test(answer)) throw new Error(`${line}: ${answer}`);
    return answer;
  }
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** nginx names its workers so: "nginx: worker process is shutting down". */
function isLeaving(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('shutting down');
  } catch {
    return true;
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
