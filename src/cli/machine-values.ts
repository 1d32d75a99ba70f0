import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenFilesLimit, openFilesIn } from './open-files.js';

/** What the kernel here says, as far as it says it; undefined for what it does not. */
export interface MachineValues {
  /** Of the gateway that runs here, else of this process, which has what a gateway started here would have. */
  readonly openFiles: OpenFilesLimit | undefined;
  /** Process id of the gateway whose limit it is. */
  readonly gatewayPid: number | undefined;
  readonly somaxconn: number | undefined;
  readonly ports: { readonly first: number; readonly last: number } | undefined;
  /** 0: never; 1: always; 2: for loopback. */
  readonly twReuse: number | undefined;
  readonly conntrack: { readonly count: number; readonly most: number } | undefined;
  /** What this machine, or the container, could still give, bytes. */
  readonly availableBytes: number | undefined;
}

/** Undefined where there is no /proc, as on anything but Linux. */
export function readMachine(dataDir: string, proc = '/proc', cgroup = '/sys/fs/cgroup'): MachineValues | undefined {
  const read = (...path: readonly string[]): string | undefined => textOf(join(proc, ...path));
  const own = read('self', 'limits');
  if (own === undefined) return undefined;
  const gatewayPid = numberOf(textOf(join(dataDir, 'waybill.pid')));
  const gateways = gatewayPid === undefined ? undefined : read(String(gatewayPid), 'limits');
  const [first, last] = read('sys/net/ipv4/ip_local_port_range')?.trim().split(/\s+/).map(Number) ?? [];
  const count = numberOf(read('sys/net/netfilter/nf_conntrack_count'));
  const most = numberOf(read('sys/net/netfilter/nf_conntrack_max'));
  return {
    openFiles: openFilesIn(gateways ?? own),
    gatewayPid: gateways === undefined ? undefined : gatewayPid,
    somaxconn: numberOf(read('sys/net/core/somaxconn')),
    ports: first === undefined || last === undefined ? undefined : { first, last },
    twReuse: numberOf(read('sys/net/ipv4/tcp_tw_reuse')),
    conntrack: count === undefined || most === undefined ? undefined : { count, most },
    availableBytes: availableBytes(read('meminfo'), cgroup),
  };
}

function availableBytes(meminfo: string | undefined, cgroup: string): number | undefined {
  const kib = numberOf(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo ?? '')?.[1]);
  const machine = kib === undefined ? Number.POSITIVE_INFINITY : kib * 1_024;
  const limit = numberOf(textOf(join(cgroup, 'memory.max')));
  const used = numberOf(textOf(join(cgroup, 'memory.current')));
  const container = limit === undefined || used === undefined ? Number.POSITIVE_INFINITY : limit - used;
  const least = Math.min(machine, container);
  return Number.isFinite(least) ? least : undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** `max` of a control group is no number: no limit. */
function numberOf(text: string | undefined): number | undefined {
  const number = Number(text?.trim() || Number.NaN);
  return Number.isFinite(number) ? number : undefined;
}
