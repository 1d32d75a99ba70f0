import { Config } from '../config/config.js';

const STANDARD_PORT = 8080;

/** Where a gateway started with the same settings listens. Settings that are wrong are the gateway's to report, not the client's. */
export function defaultUrl(): string {
  return `http://127.0.0.1:${configuredPort() || STANDARD_PORT}`;
}

function configuredPort(): number {
  try {
    return Config.load().server.port;
  } catch {
    return STANDARD_PORT;
  }
}
