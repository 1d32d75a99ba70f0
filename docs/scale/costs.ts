/** What one thing costs, in microseconds of processor time on the machine of the runs that docs/scale.md names. */
export interface Costs {
  /** A frame to a connection, in a node whose topics are busy: many messages leave with one write. */
  readonly deliveryBusy: number;
  /** A frame to a connection, in a node whose topics are quiet: every message is a write of its own. */
  readonly deliveryQuiet: number;
  /** A publish in the node that takes it: frame, rights, batch, reply. */
  readonly publish: number;
  /** The same publish in the database. */
  readonly append: number;
  /** A message handed to the bus, and one taken from it, in a node. */
  readonly busOut: number;
  readonly busIn: number;
  /** In Redis: a message of the log, one that it gives its place, and each node that either is handed to. */
  readonly redisMessage: number;
  readonly redisSequenced: number;
  readonly redisNode: number;
}

/** Share of a core beyond which waiting grows faster than work. */
export const FULL = 0.7;
