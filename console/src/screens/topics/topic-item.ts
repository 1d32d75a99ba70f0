/** One line of `GET ops/topics`: rates of the last minute, over all nodes. */
export interface TopicItem {
  readonly topic: string;
  readonly namespace: string;
  readonly messages_per_s: number;
  readonly bytes_per_s: number;
  readonly published_per_s: number;
  readonly deliveries_per_s: number;
  readonly subscribers: number;
  readonly head?: number;
  readonly epoch?: string;
}

export const SORTS = ['-messages', '-bytes', '-deliveries', '-subscribers', 'topic'] as const;
export type TopicSort = (typeof SORTS)[number];

/** The one order that a column has: figures with the greatest first, names from a to z. */
export function sortOf(asked: string): TopicSort {
  const field = asked.replace(/^-/, '');
  return SORTS.find((sort) => sort.replace(/^-/, '') === field) ?? '-messages';
}
