/** How a node is emptied. */
export interface DrainPlan {
  /** Over which time its connections are asked to go, in milliseconds; 0: all at once. */
  readonly overMs: number;
  /** From the start: whoever is still there is cut off, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * `running`: connections are sent away; `drained`: none is left, and nobody is let in; `stopping`: the process ends; `cancelled`: the node
 * was taken back.
 */
export type DrainState = 'running' | 'drained' | 'stopping' | 'cancelled';

/** How far a drain is. Names are those of the REST answer; times are milliseconds since the epoch. */
export interface DrainProgress {
  readonly state: DrainState;
  /** Who began it; absent: the process was told to stop. */
  readonly by?: string;
  readonly started_at: number;
  readonly deadline_at: number;
  /** When the last connection had gone, or the node was taken back. */
  readonly ended_at?: number;
  readonly over_s: number;
  readonly deadline_s: number;
  /** Connections and event streams that it had to send away. */
  readonly connections: number;
  /** Those that were told to reconnect elsewhere. */
  readonly told: number;
  /** Those that have gone. */
  readonly closed: number;
  /** Of these, those that were cut off at the deadline. */
  readonly cut_off: number;
  readonly left: number;
  /** Of what is left, those that were closed and have not answered yet. */
  readonly unanswered: number;
  readonly publishes_under_way: number;
}

/** Connections that lose something by going, or cannot come back by themselves. One connection may count in several. */
export interface DrainLoss {
  readonly what: 'ephemeral' | 'slow' | 'token_ends' | 'unauthenticated';
  readonly connections: number;
  /** What they lose, in words. */
  readonly says: string;
}

/** What a drain that began now would do. */
export interface DrainForecast {
  readonly over_s: number;
  readonly deadline_s: number;
  /** Seconds until the node is empty, where every client takes its leave; at most `deadline_s`. */
  readonly takes_s: number;
  readonly connections: number;
  /** Of these, those by server-sent events. */
  readonly event_streams: number;
  /** Of these, the consoles of operators, which are closed last. */
  readonly operators: number;
  /** How many come to the other nodes each second. */
  readonly closes_per_s: number;
  /** The most frequent first; null: clients that give no name. */
  readonly by_client: readonly { readonly client: string | null; readonly connections: number }[];
  /** Connections of further clients. */
  readonly by_other_clients: number;
  readonly publishes_under_way: number;
  readonly losses: readonly DrainLoss[];
}

/** Port: emptying this node while it runs, and taking it back. Implemented by the gateway. */
export abstract class NodeDrain {
  /** How a drain goes of which nothing is said: as at the end of the process. */
  abstract readonly plan: DrainPlan;
  abstract forecast(plan: DrainPlan): DrainForecast;
  /** The drain that holds this node, under way or done; undefined where it takes newcomers. */
  abstract readonly current: DrainProgress | undefined;
  /** What it is at; cheap, for metrics. */
  abstract readonly state: DrainState | undefined;
  /** The last one that was cancelled. */
  abstract readonly last: DrainProgress | undefined;
  /** From now on nobody is let in, and everybody is sent away. Throws `CONFLICT` where the node is drained already. */
  abstract start(plan: DrainPlan, by: string): DrainProgress;
  /** Takes the node back: it lets newcomers in again. Throws `CONFLICT` where it is not drained, or where the process ends. */
  abstract cancel(): DrainProgress;
}
