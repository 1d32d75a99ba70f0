/** What this process opens for itself: files, epoll, pipes of the embedded database, exporters, and room for what we do not know. */
const OWN_DESCRIPTORS = 48;
/** Connections that the operators' port takes at once. */
const OPERATOR_DESCRIPTORS = 64;
/** Part of the public port's sockets that is kept for REST: most for a small limit, and no more than this. */
const REST_SHARE = 0.25;
const REST_SOCKETS = 256;

/** How many sockets the public port may have within a limit of descriptors. */
export interface SocketRoom {
  /** Of any kind; what comes beyond it is closed at once. */
  readonly sockets: number;
  /** WebSocket connections; what comes beyond it is refused with 503. */
  readonly connections: number;
}

/**
 * Most descriptors that this process may have open; undefined where there is no limit, or the system does not tell. Node has raised
 * the soft limit to the hard one before our code runs.
 */
export function descriptorLimit(): number | undefined {
  // Without it a report looks up the names of all peers. Missing in @types/node 24.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/**
 * Divides a limit of descriptors. Where sockets could use them all, the pool could open no connection to the database, a file no log,
 * and nobody could be told why.
 */
export function roomWithin(limit: number, poolSize: number): SocketRoom {
  const sockets = Math.max(1, limit - OWN_DESCRIPTORS - OPERATOR_DESCRIPTORS - poolSize);
  return { sockets, connections: Math.max(1, sockets - Math.min(REST_SOCKETS, Math.ceil(sockets * REST_SHARE))) };
}
