import { duration } from '../../ui/format.ts';
import type { SlowItem, SlowLimits, SlowPolicy } from './slow-item.ts';

/** Which end of a slow client is nearest. */
export interface WhatActs {
  /** From 0 to 1: how near the queue is to its limit, bytes or messages, whichever is nearer. */
  readonly fill: number;
  readonly sentence: string;
  /** Whether it ends soon unless something changes. */
  readonly soon: boolean;
}

const SOON = 0.8;
/** So near that the next message may be the one that does not fit. */
const FULL = 0.97;
/** No byte for so long is more than an ordinary pause. Milliseconds; the heartbeat's tick is about a second. */
const STALL_NOTICED_MS = 1_500;

/** What will happen to a slow client, and when, if it goes on like this. */
export function whatActs(item: SlowItem, limits: SlowLimits): WhatActs {
  const fill = Math.min(1, Math.max(item.queued_bytes / limits.queue_bytes, item.queued_frames / limits.queue_messages));
  const stalled = item.stalled_ms ?? 0;
  const policy = `${fill >= FULL ? 'Its queue is full' : 'When its queue is full'}: ${policyInWords(item.policies)}.`;
  if (stalled >= STALL_NOTICED_MS) {
    const left = Math.max(0, limits.write_stall_ms - stalled);
    return {
      fill,
      sentence: `No byte has moved for ${duration(whole(stalled))}: closed with 4450 in ${duration(whole(left))} if none does. ${policy}`,
      soon: left < limits.write_stall_ms * (1 - SOON) || fill >= SOON,
    };
  }
  return { fill, sentence: `It still takes some. ${policy}`, soon: fill >= SOON };
}

function policyInWords(policies: readonly SlowPolicy[]): string {
  const drops = policies.filter((policy) => policy !== 'disconnect');
  const keeps = drops.includes('keep_latest');
  const how = keeps && drops.length === 1 ? 'older messages of a topic give way to the newest' : 'the oldest messages are dropped';
  if (drops.length === 0) return 'it is closed with 4408';
  if (policies.includes('disconnect')) return `${how} where their namespace allows it, and then it is closed with 4408`;
  return `${how}, and it is told of the gap`;
}

function whole(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000;
}
