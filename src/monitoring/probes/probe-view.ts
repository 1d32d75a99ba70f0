import { probeTopic } from '../../protocol/topic-name.js';
import type { Probe } from './probe.js';

/** A probe as operators see it. Times are milliseconds since the epoch. */
export interface ProbeView {
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
  /** Why it ended. */
  readonly reason?: string;
  /** Events recorded, those that are only counted, and those that can still be read. */
  readonly records: number;
  readonly skipped: number;
  readonly kept: number;
  /** Topic on which its events are published as they come. */
  readonly events_topic: string;
}

export function probeView({ start, records, skipped, ring, why, endedAt }: Probe): ProbeView {
  const { id, target, note, payload, createdBy, node, startedAt, endsAt } = start;
  return {
    id,
    ...(target.kind === 'user' ? { user: target.user } : {}),
    ...(target.kind === 'topic' ? { topic: target.pattern } : {}),
    ...(target.kind === 'connection' ? { connection: { connection_id: target.id, ref: target.ref } } : {}),
    ...(note === undefined ? {} : { note }),
    payload,
    created_by: createdBy,
    node,
    state: why === undefined ? 'live' : 'ended',
    started_at: startedAt,
    ends_at: endsAt,
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...(why === undefined ? {} : { reason: why }),
    records,
    skipped,
    kept: ring.length,
    events_topic: probeTopic(id),
  };
}
