import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayServer } from '../p4/servers.ts';
import { IN_FLIGHT } from '../p4/setup.ts';
import { Site } from '../p4/site.ts';
import type { Stoppers } from '../rig/benchmark.ts';
import { GatewayProcess } from '../rig/gateway-process.ts';
import { BUSY_ROOM, PUBLISHES_PER_S, rooms } from './setup.ts';

const NETWORK = 10;
const SECRET_BYTES = 48;
const USERS = 'user';
const PROBE_MINUTES = 60;
/** What the database takes is no part of what is measured here. */
const NOT_MEASURED = 0;

export interface SiteOptions {
  readonly databaseUrl: string;
  /** Must be there, and empty. */
  readonly directory: string;
  readonly connections: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** A gateway with many connections that listen, a room that is published to, and a probe of that room. */
export interface BusySite {
  readonly gateway: GatewayProcess;
  /** Of the first operator, `admin`. */
  readonly password: string;
  /** One of those who are connected. */
  readonly user: string;
  readonly probe: string;
}

export async function startSite({ directory, ...options }: SiteOptions, stoppers: Stoppers): Promise<BusySite> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const gateway = await GatewayProcess.start({
    databaseUrl: options.databaseUrl,
    directory,
    profile: false,
    // The load waits for each answer before it asks again.
    settings: { WAYBILL_ACCEPT_LAG_MS: '0', ...options.settings, WAYBILL_JWT_SECRET: secret },
  });
  stoppers.add(() => gateway.stop());
  const site = new Site(gatewayServer(gateway, NOT_MEASURED, secret), options.connections, NETWORK);
  stoppers.add(() => site.stop());
  await site.prepare(options.connections, USERS);
  await site.connect(IN_FLIGHT);
  await site.subscribe(rooms, IN_FLIGHT);
  const traffic = setInterval(() => void gateway.publish(BUSY_ROOM).catch(() => undefined), 1_000 / PUBLISHES_PER_S);
  stoppers.add(async () => clearInterval(traffic));
  const { id } = await gateway.send<{ readonly id: string }>('ops/probes', { topic: BUSY_ROOM, minutes: PROBE_MINUTES });
  const password = readFileSync(join(directory, 'gateway', 'operator-password'), 'utf8').trim();
  return { gateway, password, user: `${USERS}-0-${Math.floor(options.connections / 2)}`, probe: id };
}
