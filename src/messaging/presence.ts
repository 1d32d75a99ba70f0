/** One connection present in a topic. */
export interface PresenceMember {
  readonly connectionId: string;
  readonly user: string;
  readonly node: string;
  /** Milliseconds since the epoch. */
  readonly joinedAt: number;
}

export interface PresenceList {
  /** At most the number asked for, oldest first. */
  readonly members: readonly PresenceMember[];
  /** All connections present. */
  readonly connections: number;
  /** Distinct users present. */
  readonly users: number;
  /** Only who is connected to this node: the others cannot be asked for now. */
  readonly partial?: true;
}

/** Users of a topic of whom this node learned without a call of its own. */
export interface PresenceChange {
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

/**
 * Port: who is in a topic, over all nodes. The contract's hard sentence: a user joins with the first of their connections and
 * leaves with the last, so `join` and `leave` answer whether this call changed who is there. A lost node's members vanish
 * within its time to live.
 */
export abstract class Presence {
  /** Answers true when the user was not there before. */
  abstract join(topic: string, member: PresenceMember): Promise<boolean>;
  /** Answers true when no connection of the user is left. Leaving twice is harmless. */
  abstract leave(topic: string, member: PresenceMember): Promise<boolean>;
  abstract list(topic: string, limit: number): Promise<PresenceList>;
  /** Calls the one listener with changes that no call on any node has answered: each is told on one node alone, which announces it. */
  abstract listen(listener: (topic: string, change: PresenceChange) => void): void;
  abstract close(): Promise<void>;
}
