import type { Finding } from './finding.js';
import type { MachineValues } from './machine-values.js';

/** Descriptors of a gateway beside its connections and its database's: modules, logs, the listeners, telemetry. */
const RESERVED_FILES = 200;
/** Resident memory of a node without connections, and of one idle connection with its subscriptions; docs/ten-thousand-connections.md. */
const BASE_MIB = 256;
const CONNECTION_KIB = 64;
const MIB = 1_048_576;
/** Below it one address of a proxy or a load runs out of ports soon. */
const FEW_PORTS = 28_000;

export interface GatewaySize {
  /** Most connections of the gateway; 0: no limit. */
  readonly maxConnections: number;
  readonly poolSize: number;
  /** Connections that it asks the kernel to hold until they are accepted. */
  readonly backlog: number;
}

/** Whether this machine can hold what the settings allow; each check answers a sentence, where it can be made. */
export function machineFindings(values: MachineValues | undefined, size: GatewaySize): readonly Finding[] {
  if (values === undefined) return [{ check: 'machine', ok: true, sentence: 'Its limits are not known here: there is no /proc.' }];
  const findings = [openFiles(values, size), backlog(values, size), ports(values), connectionTracking(values, size), memory(values, size)];
  return findings.filter((finding) => finding !== undefined);
}

function openFiles({ openFiles: limit, gatewayPid }: MachineValues, { maxConnections, poolSize }: GatewaySize): Finding | undefined {
  if (limit === undefined) return undefined;
  const check = 'open files';
  const whose = gatewayPid === undefined ? 'A gateway started here' : `The gateway that runs here (process ${gatewayPid})`;
  const { soft } = limit;
  if (soft === undefined) return { check, ok: true, sentence: `${whose} may open any number.` };
  const room = Math.max(0, soft - RESERVED_FILES - poolSize);
  if (maxConnections === 0) return { check, ok: true, sentence: `${whose} may open ${soft}, enough for ${room} connections.` };
  if (room >= maxConnections) {
    return { check, ok: true, sentence: `${whose} may open ${soft}, enough for ${room} connections; it takes ${maxConnections} at most.` };
  }
  const needed = maxConnections + RESERVED_FILES + poolSize;
  return {
    check,
    ok: false,
    sentence:
      `${whose} may open ${soft}, enough for ${room} connections, and WAYBILL_MAX_CONNECTIONS is ${maxConnections}. ` +
      `Allow ${needed}: ulimit -n ${needed} in its shell, LimitNOFILE=${needed} in its systemd unit, or --ulimit nofile=${needed}:${needed} for its container; or lower WAYBILL_MAX_CONNECTIONS.`,
  };
}

function backlog({ somaxconn }: MachineValues, { backlog: wanted }: GatewaySize): Finding | undefined {
  if (somaxconn === undefined) return undefined;
  const check = 'backlog';
  if (somaxconn >= wanted)
    return {
      check,
      ok: true,
      sentence: `The kernel holds ${wanted} connections that wait to be accepted, as many as a gateway asks for.`,
    };
  return {
    check,
    ok: false,
    sentence: `The kernel holds ${somaxconn} connections that wait to be accepted, and a gateway asks for ${wanted}: more that come at once wait for seconds. sysctl -w net.core.somaxconn=4096`,
  };
}

/** The gateway needs one port; these are for what connects from here: a proxy before it, a load. */
function ports({ ports: range, twReuse }: MachineValues): Finding | undefined {
  if (range === undefined) return undefined;
  const count = range.last - range.first + 1;
  const advice = [
    ...(count < FEW_PORTS ? ['sysctl -w net.ipv4.ip_local_port_range="1024 65535" gives more'] : []),
    ...(twReuse === 0 ? ['sysctl -w net.ipv4.tcp_tw_reuse=1 gives ports of ended connections back at once'] : []),
  ];
  const sentence = `A proxy or a load here has ${count} ports for each of its addresses towards one address of a gateway.`;
  return { check: 'ports', ok: true, sentence: advice.length === 0 ? sentence : `${sentence} ${capital(advice.join('; '))}.` };
}

function connectionTracking({ conntrack }: MachineValues, { maxConnections }: GatewaySize): Finding | undefined {
  if (conntrack === undefined) return undefined;
  const check = 'connection tracking';
  const room = Math.max(0, conntrack.most - conntrack.count);
  if (room >= maxConnections) return { check, ok: true, sentence: `The firewall can follow ${room} more connections.` };
  const needed = conntrack.count + 2 * maxConnections;
  return {
    check,
    ok: false,
    sentence: `The firewall can follow ${room} more connections and drops what is beyond; WAYBILL_MAX_CONNECTIONS is ${maxConnections}. sysctl -w net.netfilter.nf_conntrack_max=${needed}`,
  };
}

function memory({ availableBytes, gatewayPid }: MachineValues, { maxConnections }: GatewaySize): Finding | undefined {
  // What a gateway that runs has taken already is not known from what is left.
  if (availableBytes === undefined || gatewayPid !== undefined || maxConnections === 0) return undefined;
  const check = 'memory';
  const wanted = Math.ceil(BASE_MIB + (maxConnections * CONNECTION_KIB) / 1_024);
  const available = Math.floor(availableBytes / MIB);
  if (available >= wanted)
    return {
      check,
      ok: true,
      sentence: `${maxConnections} idle connections take about ${wanted} MiB, and ${available} MiB are available.`,
    };
  return {
    check,
    ok: false,
    sentence: `${maxConnections} idle connections take about ${wanted} MiB, and ${available} MiB are available. Lower WAYBILL_MAX_CONNECTIONS, or give this machine more.`,
  };
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
