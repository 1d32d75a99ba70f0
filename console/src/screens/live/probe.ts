import type { Tone } from '../../ui/status.tsx';

/** As `GET ops/probes` lists it. Times are milliseconds since the epoch. */
export interface Probe {
  readonly id: string;
  readonly user?: string;
  readonly topic?: string;
  readonly connection?: { readonly connection_id: string; readonly ref: string };
  readonly note?: string;
  readonly payload: boolean;
  readonly created_by: string;
  readonly node: string;
  readonly state: 'live' | 'ended';
  readonly started_at: number;
  readonly ends_at: number;
  readonly ended_at?: number;
  readonly reason?: string;
  readonly records: number;
  readonly skipped: number;
  readonly kept: number;
}

/** One thing that a probe saw. */
export interface ProbeEvent {
  readonly n: number;
  readonly at: number;
  readonly kind: string;
  readonly user?: string;
  readonly ref?: string;
  readonly connection_id?: string;
  readonly topic?: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly trace_id?: string;
  readonly payload?: string;
  readonly payload_cut?: boolean;
  readonly [field: string]: unknown;
}

export function targetWords({ user, topic, connection }: Pick<Probe, 'user' | 'topic' | 'connection'>): string {
  if (user !== undefined) return `user ${user}`;
  if (topic !== undefined) return `topic ${topic}`;
  return `connection ${connection?.ref ?? '?'}`;
}

const ENDINGS: Readonly<Record<string, string>> = {
  ended: 'stopped',
  time: 'its time was over',
  records: 'it was full',
  connection_closed: 'its connection ended',
  node_stopping: 'its node stopped',
};

/** Why a probe ended. */
export function endingWords(reason: string | undefined): string {
  return reason === undefined ? 'ended' : (ENDINGS[reason] ?? reason.replaceAll('_', ' '));
}

const TONES: Readonly<Record<string, Tone>> = {
  refused: 'bad',
  gap: 'bad',
  slow: 'warn',
  skipped: 'warn',
  closed: 'quiet',
  ended: 'quiet',
  caught_up: 'good',
  acked: 'good',
};
const BAD_RESULTS = new Set(['dropped', 'overflow', 'not_written', 'closed']);

/** Whether an event is one to look at. */
export function eventTone(event: ProbeEvent): Tone {
  const result = event['result'] ?? event['outcome'];
  if (typeof result === 'string' && BAD_RESULTS.has(result)) return 'bad';
  if ((event.kind === 'published' || event.kind === 'command') && result !== 'OK') return 'bad';
  if (result === 'queued') return 'warn';
  if (result === 'written') return 'good';
  return TONES[event.kind] ?? 'accent';
}
