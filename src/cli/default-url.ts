import { Config } from '../config/config.js';

const STANDARD_PORT = 8080;
const STANDARD_OPS_PORT = 9464;

/** Where a gateway started with the same settings listens. Settings that are wrong are the gateway's to report, not the client's. */
export function defaultUrl(): string {
  const config = configured();
  return `http${config?.tls.certFile === undefined ? '' : 's'}://127.0.0.1:${config?.server.port || STANDARD_PORT}`;
}

/** Where its operators' port is. */
export function defaultOpsUrl(): string {
  const config = configured();
  return `http${config?.tls.ops === true ? 's' : ''}://127.0.0.1:${config?.server.opsPort || STANDARD_OPS_PORT}`;
}

function configured(): Config | undefined {
  try {
    return Config.load();
  } catch {
    return undefined;
  }
}
