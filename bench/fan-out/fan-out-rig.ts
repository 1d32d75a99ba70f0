import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { PeerProcess } from '../peers/peer-process.ts';
import type { Peer } from '../peers/peers.ts';
import type { BenchmarkOptions, Output, Stoppers } from '../rig/benchmark.ts';
import { GatewayProcess } from '../rig/gateway-process.ts';
import { machineFacts } from '../rig/machine.ts';
import { PrivatePostgres } from '../rig/private-postgres.ts';
import { PrivateRedis } from '../rig/private-redis.ts';
import { PhaseRunner, type Server } from './phase-runner.ts';

/** The policy of the load's namespace, which is in memory, as the goals say; with further fields of it. */
export function fanNamespaces(policy: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({ fan: { durable: false, ...policy } });
}

/** The servers of a benchmark of fan-out: gateways, each with a database of its own, and peers. All run until the end. */
export class FanOutRig {
  readonly #secret = randomBytes(32).toString('hex');
  readonly #options: BenchmarkOptions;
  readonly #stoppers: Stoppers;
  readonly #databases: PrivatePostgres[] = [];
  readonly #servers: Server[] = [];
  readonly #helpers: number[] = [];

  constructor(options: BenchmarkOptions, stoppers: Stoppers) {
    this.#options = options;
    this.#stoppers = stoppers;
  }

  /** `settings` go before those of the command line. */
  async startGateway(settings: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    const postgres = await this.#startDatabase();
    return this.#startNode(postgres, postgres.directory, settings);
  }

  /** Several nodes with one database and a Redis between them, as one server. */
  async startCluster(count: number): Promise<Server> {
    const postgres = await this.#startDatabase();
    const redis = await PrivateRedis.start();
    this.#stoppers.add(() => redis.stop());
    const nodes: GatewayProcess[] = [];
    for (let number = 1; number <= count; number += 1) {
      const settings = { REDIS_URL: redis.url, WAYBILL_NODE_ID: `node-${number}` };
      nodes.push(await this.#startNode(postgres, join(postgres.directory, `node-${number}`), settings));
    }
    const [{ host, port, pid }, ...others] = nodes as [GatewayProcess, ...GatewayProcess[]];
    this.#helpers.push(redis.pid);
    return { host, port, pid, others, helpers: [redis.pid] };
  }

  async #startDatabase(): Promise<PrivatePostgres> {
    const postgres = await PrivatePostgres.start(this.#options.directory);
    this.#stoppers.add(() => postgres.stop());
    this.#databases.push(postgres);
    return postgres;
  }

  async #startNode(postgres: PrivatePostgres, directory: string, settings: Readonly<Record<string, string>>): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({
      databaseUrl: postgres.url,
      directory,
      profile: this.#options.profile,
      settings: {
        WAYBILL_NAMESPACES: fanNamespaces(),
        WAYBILL_ACCEPT_LAG_MS: '0',
        WAYBILL_JWT_SECRET: this.#secret,
        ...this.#options.settings,
        ...settings,
      },
    });
    this.#stoppers.add(() => gateway.stop());
    this.#servers.push(gateway);
    return gateway;
  }

  /** After a gateway, in whose directory it keeps its files. */
  async startPeer(peer: Peer): Promise<Server> {
    const server = await PeerProcess.start(peer.program, peer.programArguments(this.#firstDatabase.directory));
    this.#stoppers.add(() => server.stop());
    this.#servers.push(server);
    return server;
  }

  /** Once all servers have started. `beside`: further processes of the run. */
  phaseRunner({
    seconds = this.#options.seconds,
    beside = [],
  }: { readonly seconds?: number; readonly beside?: readonly number[] } = {}): PhaseRunner {
    const others = [...this.#databases, ...this.#servers].map(({ pid }) => pid);
    return new PhaseRunner({ seconds, secret: this.#secret, beside: [...others, ...this.#helpers, ...beside] });
  }

  async describeMachine(output: Output, peers: readonly string[]): Promise<void> {
    const { url, directory } = this.#firstDatabase;
    const client = new pg.Client({ connectionString: url, application_name: 'waybill bench rig' });
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    await client.end();
    const facts = [...machineFacts(directory, rows[0]?.server_version ?? 'unknown'), ...peers];
    output.result(`## Machine\n\n${facts.map((fact) => `- ${fact}`).join('\n')}`);
  }

  /** Holds what the run writes, and is removed with it. */
  get #firstDatabase(): PrivatePostgres {
    const [first] = this.#databases;
    if (first === undefined) throw new Error('a gateway has to start before its peers');
    return first;
  }
}
