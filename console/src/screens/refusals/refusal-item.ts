import type { MissingNode } from '../../ui/missing-nodes.tsx';

/** One way of being refused, over everybody. Times are milliseconds since the epoch. */
export interface RefusalSum {
  readonly kind: string;
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly last_hour: number;
  readonly total: number;
  readonly last_at: number;
}

/** Refusals of one caller by one rule. */
export interface RefusalItem {
  readonly first_at: number;
  readonly last_at: number;
  readonly count: number;
  readonly kind: string;
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly user?: string;
  readonly address?: string;
  readonly client?: string;
  readonly topic?: string;
  readonly connection_id?: string;
  readonly ref?: string;
  readonly trace_id?: string;
}

export interface RefusalList {
  /** Nodes that did not answer. */
  readonly missing?: readonly MissingNode[];
  readonly sums: readonly RefusalSum[];
  readonly items: readonly RefusalItem[];
  readonly recorded?: readonly RefusalItem[];
  readonly complete: boolean;
  readonly why?: string;
  readonly as_of: number;
  readonly next?: string;
}

export const REFUSAL_KINDS = ['connect', 'login', 'subscribe', 'publish', 'command', 'request', 'close'] as const;

const DOORS: Readonly<Record<string, string>> = {
  connect: 'to connect',
  login: 'to sign in on its socket',
  subscribe: 'to subscribe',
  publish: 'to publish',
  command: 'a command',
  request: 'a REST request',
  close: 'to stay connected',
};

/** What was refused, after "was refused". */
export function refusedWhat(kind: string): string {
  return DOORS[kind] ?? kind;
}
