/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** What is so, and what to do where it is wrong. */
  readonly sentence: string;
  /** No gateway answered. */
  readonly unreachable?: boolean;
}
