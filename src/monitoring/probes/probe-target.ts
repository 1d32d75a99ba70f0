import type { ConnectionFacts } from '../../telemetry/telemetry.js';
import { PROBE_NAMESPACE, userTopic } from '../../protocol/topic-name.js';

/** What a probe watches. */
export type ProbeTarget =
  | { readonly kind: 'user'; readonly user: string; readonly topic: string }
  | {
      readonly kind: 'topic';
      /** As it was asked for. */
      readonly pattern: string;
      /** What the name begins with, where the pattern ends with `*`. */
      readonly beginning: string | undefined;
    }
  | { readonly kind: 'connection'; readonly id: string; readonly ref: string };

/** Who and what something is about. */
export interface About {
  readonly connectionId?: string | undefined;
  readonly user?: string | undefined;
  readonly topic?: string | undefined;
}

export function userTarget(user: string): ProbeTarget {
  return { kind: 'user', user, topic: userTopic(user) };
}

/** An exact name, or a pattern with `*` as the rest of a name; it never covers topics that begin with `$`. */
export function topicTarget(pattern: string): ProbeTarget {
  return { kind: 'topic', pattern, beginning: pattern.endsWith('*') ? pattern.slice(0, -1) : undefined };
}

export function connectionTarget({ id, ref }: Pick<ConnectionFacts, 'id' | 'ref'>): ProbeTarget {
  return { kind: 'connection', id, ref };
}

/** Topics of the probes' own streams: watching them would feed them to themselves. */
export function isProbeTopic(topic: string): boolean {
  return topic.startsWith(`${PROBE_NAMESPACE}.`);
}

export function watchesTopic(target: ProbeTarget, topic: string): boolean {
  if (target.kind !== 'topic') return false;
  return target.beginning === undefined ? topic === target.pattern : !topic.startsWith('$') && topic.startsWith(target.beginning);
}

/** Whether what this connection does and is given is watched. */
export function watchesConnection(target: ProbeTarget, { id, user }: Pick<ConnectionFacts, 'id' | 'user'>): boolean {
  if (target.kind === 'connection') return target.id === id;
  return target.kind === 'user' && target.user === user;
}

export function watches(target: ProbeTarget, { connectionId, user, topic }: About): boolean {
  switch (target.kind) {
    case 'connection':
      return target.id === connectionId;
    case 'user':
      return target.user === user || target.topic === topic;
    case 'topic':
      return topic !== undefined && watchesTopic(target, topic);
  }
}
