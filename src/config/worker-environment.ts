/** What workers behind one port share beside the environment of the process that starts them. */
export interface SharedByWorkers {
  readonly databaseUrl?: string;
  /** TCP port, where it is known. */
  readonly port?: number;
}

/** The environment of a worker. Operators ask the one that starts them, so that a worker's own operators' port is any free one. */
export function workerEnvironment(nodeId: string, { databaseUrl, port }: SharedByWorkers): NodeJS.ProcessEnv {
  return {
    ...process.env,
    WAYBILL_NODE_ID: nodeId,
    WAYBILL_OPS_HOST: '127.0.0.1',
    WAYBILL_OPS_PORT: '0',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(port === undefined ? {} : { WAYBILL_PORT: String(port) }),
  };
}
