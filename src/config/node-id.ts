import { randomBytes } from 'node:crypto';
import type { Config } from './config.js';

const generated = new WeakMap<Config, string>();

/** Name of this node: the configured one, or a random one that holds for as long as the settings live. */
export function nodeIdOf(config: Config): string {
  if (config.server.nodeId !== undefined) return config.server.nodeId;
  const known = generated.get(config) ?? `n-${randomBytes(4).toString('hex')}`;
  generated.set(config, known);
  return known;
}
