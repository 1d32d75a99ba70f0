import type { ProbeTarget } from '../probes/probe-target.js';
import type { DisconnectFilter } from '../disconnects/selection.js';

/** What every node is told to do, by kind. */
export interface OrderBodies {
  /** Closes one connection, wherever it is. */
  readonly 'disconnect.one': { readonly connection: string; readonly reconnect: boolean; readonly reason?: string };
  /** Closes the connections that a filter names, and that were open when it was given. */
  readonly 'disconnect.many': {
    readonly filter: DisconnectFilter;
    readonly reconnect: boolean;
    readonly reason?: string;
    /** Connections in a second, over all nodes. */
    readonly rate_per_s: number;
    /** How many each node has, of those that could be asked. */
    readonly counts: Readonly<Record<string, number>>;
  };
  readonly 'disconnect.stop': { readonly run: string };
  /** Watches for a probe that the node that was asked keeps, until the order is over. */
  readonly 'probe.start': { readonly target: ProbeTarget; readonly payload: boolean; readonly note?: string };
  readonly 'probe.end': { readonly probe: string };
}

export type OrderKind = keyof OrderBodies;

/** An order to every node. Times are milliseconds since the epoch, by the clock of the database. */
export interface Order<Kind extends OrderKind = OrderKind> {
  readonly id: string;
  readonly kind: Kind;
  /** The node that was asked. */
  readonly node: string;
  /** Who gave it. */
  readonly by: string;
  readonly madeAt: number;
  readonly holdsUntil: number;
  readonly body: OrderBodies[Kind];
}
