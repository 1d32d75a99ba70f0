import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchmarkOptions, Stoppers } from '../rig/benchmark.ts';
import { GatewayProcess } from '../rig/gateway-process.ts';
import type { PrivatePostgres } from '../rig/private-postgres.ts';
import { type AcceptServer, bareServer, gatewayServer } from './servers.ts';
import { Site } from './site.ts';

/** The load waits for each answer before it asks again; a gateway that turns newcomers away for its lag would leave nothing to measure. */
const PACED_BY_LOAD = { WAYBILL_ACCEPT_LAG_MS: '0' } as const;

/** Second number of the source addresses 127.0.N.x: every process of the load has its own. */
const NETWORK = { gateway: 10, bare: 100, perNode: 10 } as const;
const SECRET_BYTES = 48;

export interface GatewayUnderTest {
  readonly gateway: GatewayProcess;
  readonly server: AcceptServer;
}

/** Starts a gateway whose tokens this rig can sign. `name`: its directory, which no other start may use. */
export async function startGateway(
  postgres: PrivatePostgres,
  name: string,
  { settings, profile }: BenchmarkOptions,
  stoppers: Stoppers,
): Promise<GatewayUnderTest> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const directory = join(postgres.directory, name);
  mkdirSync(directory);
  const gateway = await GatewayProcess.start({
    databaseUrl: postgres.url,
    directory,
    profile,
    settings: { ...PACED_BY_LOAD, ...settings, WAYBILL_JWT_SECRET: secret },
  });
  stoppers.add(() => gateway.stop());
  return { gateway, server: gatewayServer(gateway, postgres.pid, secret) };
}

/** One bare `ws` for each node. */
export async function startBare(nodes: number, stoppers: Stoppers): Promise<readonly AcceptServer[]> {
  const servers: AcceptServer[] = [];
  for (let node = 0; node < nodes; node += 1) {
    const server = await bareServer();
    stoppers.add(() => server.stop());
    servers.push(server);
  }
  return servers;
}

/** The processes that connect to these servers. `connections`: over all of them. */
export function sitesOf(
  kind: 'gateway' | 'bare',
  servers: readonly AcceptServer[],
  connections: number,
  stoppers: Stoppers,
): readonly Site[] {
  return servers.map((server, node) => {
    const site = new Site(server, Math.ceil(connections / servers.length), NETWORK[kind] + node * NETWORK.perNode);
    stoppers.add(() => site.stop());
    return site;
  });
}
