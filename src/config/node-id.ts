import { randomBytes } from 'node:crypto';
import type { Config } from './config.js';

const generated = new WeakMap<Config, string>();
/** Of the settings that the preload read, for those that the program reads after it. */
let handedOn: string | undefined;

/** Name of this node: the configured one, or a random one that holds from its start to its end, whatever settings change. */
export function nodeIdOf(config: Config): string {
  if (config.server.nodeId !== undefined) return config.server.nodeId;
  const start = config.atStart;
  const known = generated.get(start) ?? takeHandedOn() ?? `n-${randomBytes(4).toString('hex')}`;
  generated.set(start, known);
  return known;
}

/** The next settings that have no name of their own are of the same node: a program reads its settings once more after its preload. */
export function handOnNodeId(config: Config): void {
  handedOn = nodeIdOf(config);
}

function takeHandedOn(): string | undefined {
  const taken = handedOn;
  handedOn = undefined;
  return taken;
}
