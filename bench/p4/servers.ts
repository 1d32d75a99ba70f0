import { AskedProcess } from '../rig/asked-process.ts';
import type { GatewayProcess } from '../rig/gateway-process.ts';
import type { PeerFacts } from '../peers/peer.ts';
import { SERVER } from './setup.ts';

const BARE = new URL('../peers/bare-accepts.ts', import.meta.url);
const COLLECT = './bench/rig/collect-on-signal.ts';
const HOST = '127.0.0.1';
const FACTS = ['nodejs_eventloop_lag_p99_seconds', 'waybill_connections{transport="websocket"}', 'nodejs_heap_size_used_bytes'] as const;

export interface ServerFacts {
  readonly heapBytes: number;
  readonly connections: number;
  /** Since it was last asked. */
  readonly loopP99Ms: number;
}

/** A server that connections are opened to. SIGUSR2 makes its process collect its garbage. */
export interface AcceptServer {
  readonly name: string;
  readonly pid: number;
  /** Its database's server; undefined where it has none. */
  readonly databasePid: number | undefined;
  readonly host: string;
  readonly port: number;
  /** Signs the tokens of its clients; undefined where nobody is authenticated. */
  readonly secret: string | undefined;
  facts(): Promise<ServerFacts>;
}

export function gatewayServer(gateway: GatewayProcess, databasePid: number, secret: string): AcceptServer {
  const { pid, host, port } = gateway;
  return {
    name: SERVER.gateway,
    pid,
    databasePid,
    host,
    port,
    secret,
    facts: async () => {
      const [loopP99 = Number.NaN, connections = Number.NaN, heapBytes = Number.NaN] = await gateway.metrics(FACTS);
      return { loopP99Ms: loopP99 * 1_000, connections, heapBytes };
    },
  };
}

export async function bareServer(): Promise<AcceptServer & { stop(): Promise<void> }> {
  const peer = new AskedProcess<object, PeerFacts>(BARE, { preloads: [COLLECT] });
  const { port } = await peer.ask({});
  return {
    name: SERVER.bare,
    pid: peer.pid,
    databasePid: undefined,
    host: HOST,
    port,
    secret: undefined,
    facts: () => peer.ask({}),
    stop: () => peer.stop(),
  };
}
