import type { Limit, Part } from '../../api/summary.ts';
import type { Tone } from '../../ui/status.tsx';

export type NodeState = 'ready' | 'degraded' | 'draining' | 'unready';

/** One node of `ops/nodes`. Times are milliseconds since the epoch. */
export interface NodeView {
  readonly node: string;
  /** Whether it is the one that answers. */
  readonly this: boolean;
  /** Where it is; null: it says nothing. */
  readonly region: string | null;
  readonly version: string;
  readonly node_version: string;
  readonly started_at: number;
  readonly state: NodeState;
  readonly parts: readonly (Part & { readonly name: string })[];
  readonly connections: number;
  readonly slow_connections: number;
  readonly subscriptions: number;
  readonly limits: readonly Limit[];
  readonly event_loop: { readonly delay_p99_ms: number; readonly delay_max_ms: number; readonly utilization: number };
  readonly memory: { readonly rss_bytes: number; readonly heap_used_bytes: number; readonly heap_limit_bytes: number };
  readonly drain: DrainProgress | null;
}

/** A node of which the answer says nothing. */
export interface MissingNode {
  readonly node: string;
  readonly reason: string;
  /** The second half of a sentence that begins with its name. */
  readonly says: string;
}

export interface NodeList {
  readonly as_of: number;
  readonly nodes: readonly NodeView[];
  /** Those that did not answer, or were lost lately, and why. */
  readonly missing: readonly MissingNode[];
}

export interface DrainProgress {
  readonly state: 'running' | 'drained' | 'stopping' | 'cancelled';
  readonly by?: string;
  readonly started_at: number;
  readonly deadline_at: number;
  readonly ended_at?: number;
  readonly over_s: number;
  readonly deadline_s: number;
  readonly connections: number;
  readonly told: number;
  readonly closed: number;
  readonly cut_off: number;
  readonly left: number;
  readonly unanswered: number;
  readonly publishes_under_way: number;
}

/** What a drain that began now would do. */
export interface DrainForecast {
  readonly over_s: number;
  readonly deadline_s: number;
  readonly takes_s: number;
  readonly connections: number;
  readonly event_streams: number;
  readonly operators: number;
  readonly closes_per_s: number;
  readonly by_client: readonly { readonly client: string | null; readonly connections: number }[];
  readonly by_other_clients: number;
  readonly publishes_under_way: number;
  readonly losses: readonly { readonly what: string; readonly connections: number; readonly says: string }[];
}

export interface DrainReport {
  readonly as_of: number;
  readonly node: string;
  readonly drain: DrainProgress | null;
  readonly forecast: DrainForecast | null;
  readonly elsewhere: { readonly known: boolean; readonly nodes: readonly { readonly node: string }[]; readonly says: string };
  readonly cancelled: DrainProgress | null;
}

export const STATE_TONES: Readonly<Record<NodeState, Tone>> = { ready: 'good', degraded: 'warn', draining: 'accent', unready: 'bad' };

/** From where a delay of the event loop is felt, milliseconds. */
const SLOW_LOOP_MS = 100;
const NEAR = 0.9;

/** Which node is unhealthy, and why: what is wrong with it, worst first. Empty: nothing. */
export function troubles({ state, parts, event_loop: loop, limits, slow_connections: slow }: NodeView): readonly string[] {
  const ill = parts.filter((part) => part.state !== 'ok');
  return [
    ...(state === 'unready' ? ['it cannot deliver to its own socket, or is starting'] : []),
    ...ill.map(({ name, state: how, detail }) => `${name.replaceAll('_', ' ')} ${how}${detail === undefined ? '' : `: ${detail}`}`),
    ...(loop.delay_p99_ms >= SLOW_LOOP_MS ? [`event loop ${Math.round(loop.delay_p99_ms)} ms late (p99)`] : []),
    ...limits
      .filter(({ share }) => share >= NEAR)
      .map(({ name, share }) => `${name.replaceAll('_', ' ')} ${Math.round(share * 100)} % used`),
    ...(slow > 0 ? [`${slow} slow ${slow === 1 ? 'consumer' : 'consumers'}`] : []),
  ];
}

/** How far a drain is, of one. An empty node is done. */
export function doneShare({ connections, closed, state }: DrainProgress): number {
  if (state === 'drained' || connections === 0) return 1;
  return Math.min(1, closed / connections);
}
