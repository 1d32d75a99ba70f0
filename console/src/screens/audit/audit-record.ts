/** One record of `ops/audit`: who did what, and its place in the chain. */
export interface AuditRecord {
  /** 1, 2, 3 … without gaps, over all nodes. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly node: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  /** `OK`, or the code of the refusal. */
  readonly result: string;
  readonly address?: string;
  readonly trace_id?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly digest: string;
  readonly prev_hash: string;
  readonly hash: string;
}

/** What `ops/audit/head` answers. */
export interface AuditHead {
  readonly count: number;
  readonly hash: string;
}
