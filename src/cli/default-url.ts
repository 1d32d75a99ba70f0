import { Config } from '../config/config.js';

const STANDARD_PORT = 8080;
const STANDARD_OPS_PORT = 9464;

/** Where a gateway started with the same settings listens. Settings that are wrong are the gateway's to report, not the client's. */
export function defaultUrl(): string {
  return `http://127.0.0.1:${configured()?.port || STANDARD_PORT}`;
}

/** Where its operators' port is. */
export function defaultOpsUrl(): string {
  return `http://127.0.0.1:${configured()?.opsPort || STANDARD_OPS_PORT}`;
}

function configured(): Config['server'] | undefined {
  try {
    return Config.load().server;
  } catch {
    return undefined;
  }
}
