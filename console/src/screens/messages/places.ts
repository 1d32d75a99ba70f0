import { queryString } from '../../api/request.ts';

/** A place of a topic; without an epoch, of its present one. */
export interface Place {
  readonly topic: string;
  readonly seq: number;
  readonly epoch?: string;
}

/** Page of a message. */
export function waybillPage({ topic, seq, epoch }: Place): string {
  return `/messages/${encodeURIComponent(topic)}/${seq}${queryString({ epoch })}`;
}

export function explainPage(
  user: string,
  { topic, seq, epoch }: { readonly topic: string; readonly seq?: number; readonly epoch?: string },
) {
  return `/messages/explain${queryString({ user, topic, seq, epoch })}`;
}

export function topicPage(topic: string): string {
  return `/topics/${encodeURIComponent(topic)}`;
}

export function connectionPage(id: string): string {
  return `/connections/${encodeURIComponent(id)}`;
}

export function userPage(user: string): string {
  return `/connections${queryString({ state: 'all', user })}`;
}

export function tracePage(traceId: string): string {
  return `/traces/${encodeURIComponent(traceId)}`;
}
