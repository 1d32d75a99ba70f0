/** A connection or event stream, as far as a drain has to do with it. */
export interface Member {
  readonly id: string;
  /** The console of an operator: it goes last, since its owner watches the others go. */
  readonly isOperator: boolean;
  /** Whether commands of its client wait for their replies. */
  readonly isBusy: boolean;
  /** Closed by us, and not gone yet. */
  readonly isClosing: boolean;
  /** Asks the client to reconnect by itself after a while. */
  ask(afterMs: number): void;
  /** Closes it with NODE_DRAINING; the client is asked to wait for `retryAfterMs` before it comes back. */
  close(retryAfterMs: number): void;
  /** Cuts off a client that does not take its leave. */
  cut(): void;
}

/** Everybody who is connected to this node. */
export interface Crowd {
  readonly size: number;
  /** Upgrades under way: each may become a member. */
  readonly coming: number;
  members(): IterableIterator<Member>;
}
