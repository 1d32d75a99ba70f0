import { MemoryNodeChannel } from '../../src/cluster/memory-node-channel.js';
import { Nudges } from '../../src/cluster/nudges.js';

/** For what stands on a single node. */
export function nobodyToNudge(): Nudges {
  return new Nudges(new MemoryNodeChannel('alone'));
}
