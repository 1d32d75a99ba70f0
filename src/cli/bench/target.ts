import { UsageError } from '../exit-codes.js';
import type { Endpoint } from './load-socket.js';

/** Ports of one source address that a benchmark counts on: the default range of Linux has 28,232. */
const CONNECTIONS_PER_ADDRESS = 5_000;
const MOST_ADDRESSES = 250;
/** A process of the load holds at most so many, whatever it may. */
export const CONNECTIONS_PER_PROCESS = 15_000;
/** Descriptors that a process needs beside its connections: its modules, REST, the scrapes, the publishers. */
const RESERVED_DESCRIPTORS = 200;

export function endpointOf(url: string): Endpoint {
  const { hostname, port, protocol, pathname } = new URL(url);
  const tls = protocol === 'https:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: port === '' ? (tls ? 443 : 80) : Number(port), tls, path: `${pathname.replace(/\/+$/, '')}/ws` };
}

/** Loopback has a whole net of addresses, and each has its own ports; elsewhere the system chooses. */
export function sourceAddresses({ host }: Endpoint, connections: number): readonly string[] {
  if (!host.startsWith('127.')) return [];
  const count = Math.min(MOST_ADDRESSES, Math.ceil(connections / CONNECTIONS_PER_ADDRESS));
  return Array.from({ length: count }, (_, index) => `127.0.0.${index + 1}`);
}

/** Throws, with the limit that is needed, where a process of the load could not open its share. */
export function requireDescriptors(connections: number, processes: number, softLimit: number | undefined): void {
  const needed = Math.ceil(connections / processes) + RESERVED_DESCRIPTORS;
  if (softLimit === undefined || softLimit >= needed) return;
  throw new UsageError(
    `${connections} connections from ${processes} ${processes === 1 ? 'process' : 'processes'} need ${needed} open files each, and the limit here is ${softLimit}. ` +
      `Run ulimit -n ${needed} first, or spread them with --processes ${Math.ceil(connections / Math.max(1, softLimit - RESERVED_DESCRIPTORS))}.`,
  );
}
