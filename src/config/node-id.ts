import { randomBytes } from 'node:crypto';
import type { Config } from './config.js';

const generated = new WeakMap<Config, string>();

/** Name of this node: the configured one, or a random one that holds from its start to its end, whatever settings change. */
export function nodeIdOf(config: Config): string {
  if (config.server.nodeId !== undefined) return config.server.nodeId;
  const start = config.atStart;
  const known = generated.get(start) ?? `n-${randomBytes(4).toString('hex')}`;
  generated.set(start, known);
  return known;
}
