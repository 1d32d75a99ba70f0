import type { Session } from '../../messaging/session-store.js';
import type { SubscribeRequest } from '../../messaging/subscriptions.js';
import { requireFields, requireText } from './fields.js';
import { subscribeRequests } from './topic-list.js';

export interface ResumeRequest {
  /** The session of the connection before; undefined: the client names everything itself. */
  readonly session: string | undefined;
  readonly requests: readonly SubscribeRequest[];
}

/** `data` of `resume`: `{session?, topics?}`; topics may be left out beside a session. */
export function resumeRequest(data: unknown): ResumeRequest {
  const { session, topics } = requireFields(data);
  if (session === undefined) return { session, requests: subscribeRequests(data) };
  const requests = topics === undefined ? [] : subscribeRequests(data);
  return { session: requireText(session, 'data.session'), requests };
}

/**
 * What the client names, and what its session had besides. A position of the client's counts, whether older or newer: it alone knows what
 * it has.
 */
export function withSession(named: readonly SubscribeRequest[], session: Session | undefined): readonly SubscribeRequest[] {
  if (session === undefined) return named;
  const had = new Map(session.topics.map((topic) => [topic.topic, topic]));
  const requests = named.map((request) => ({ ...request, since: request.since ?? had.get(request.topic)?.since }));
  for (const { topic } of named) had.delete(topic);
  return [...requests, ...had.values()];
}
