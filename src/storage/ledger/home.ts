import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Config } from '../../config/config.js';

/** Where a node lives: two runs of one home follow one another. */
export function homeOf({ server }: Config): string {
  return `${hostname()}:${resolve(server.dataDir)}`;
}
