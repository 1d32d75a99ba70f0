/** What REST answers of one connection. Times are milliseconds since the epoch. */
export interface ConnectionItem {
  readonly id: string;
  readonly ref: string;
  readonly user?: string;
  readonly roles: readonly string[];
  readonly state: 'authenticating' | 'open' | 'draining' | 'closed';
  readonly address: string;
  readonly client?: string;
  readonly node: string;
  readonly protocol: 'ws' | 'sse';
  readonly opened_at: number;
  readonly closed_at?: number;
  readonly age_ms: number;
  readonly rtt_ms?: number;
  readonly queued_bytes: number;
  readonly queued_frames: number;
  readonly queued_ms: number;
  readonly stalled_ms?: number;
  readonly dropped_messages: number;
  readonly max_queued_bytes: number;
  readonly frames_in: number;
  readonly frames_out: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly published?: number;
  readonly acks?: number;
  readonly topics: readonly string[];
  readonly expires_at?: number;
  readonly close?: { readonly code: number; readonly reason: string; readonly initiator: string };
}

export interface FlightEvent {
  readonly at: number;
  readonly kind: string;
  readonly detail?: string | number;
}

/** How far one subscription is. */
export interface SubscriptionItem {
  readonly topic: string;
  readonly since: number;
  readonly epoch: string;
  readonly after: number;
  readonly written: number;
  readonly acked?: number;
  readonly head: number;
  readonly missed: number;
}

export interface ConnectionStory extends ConnectionItem {
  readonly events: readonly FlightEvent[];
  readonly events_forgotten: number;
  readonly subscriptions?: readonly SubscriptionItem[];
}

/** What is left of a connection whose own record is missing. */
export interface ConnectionRemains {
  readonly id: string;
  readonly state: 'lost' | 'unrecorded';
  readonly user: string;
  readonly node: string;
  readonly subscribed_at: number;
  readonly topics: readonly string[];
  readonly why: string;
}

export function hasStory(found: ConnectionStory | ConnectionRemains): found is ConnectionStory {
  return 'events' in found;
}

/** Address of the page of one. */
export function connectionPath(idOrRef: string): string {
  return `/connections/${encodeURIComponent(idOrRef)}`;
}

/** Address of the page of a user: their connections, open and closed. */
export function userPath(user: string): string {
  return `/connections?state=all&user=${encodeURIComponent(user)}`;
}
