import { addressOf, ADDRESSES, CLIENTS, CODES, CROWD_SEQ, CROWD_TOPIC, messageId, SPAN_MS, topicName, userName } from './dataset.ts';
import type { Size } from './dataset.ts';

export const CROWD_QUESTION = 'waybill of a message that everybody was owed';

/** Makes paths of the REST door; `random` answers from 0 to below 1. */
export interface Question {
  readonly name: string;
  readonly path: (random: () => number) => string;
}

/** What operators ask. Topics are met as often as their messages are many. */
export function questionsOf(size: Size, heads: ReadonlyMap<string, number>, now: number): readonly Question[] {
  const whole = (random: () => number, count: number): number => Math.floor(random() * count);
  const message = (random: () => number): { readonly rank: number; readonly seq: number } => {
    const rank = Math.min(size.topics, Math.floor((size.topics + 1) ** random()));
    return { rank, seq: 1 + whole(random, heads.get(topicName(rank)) ?? 1) };
  };
  const explain = (user: string, { rank, seq }: { readonly rank: number; readonly seq: number }): string =>
    `ops/explain?user=${user}&topic=${topicName(rank)}&seq=${seq}`;
  const connections = (filter: string): string => `ops/connections?state=closed&${filter}`;
  return [
    { name: 'waybill by position', path: (random) => place(message(random)) },
    {
      name: 'waybill by message id',
      path: (random) => {
        const { rank, seq } = message(random);
        return `ops/messages/${messageId(rank, seq)}/waybill`;
      },
    },
    { name: 'explain, some user', path: (random) => explain(userName(1 + whole(random, size.users)), message(random)) },
    { name: 'explain, a user never seen', path: (random) => explain('nobody', message(random)) },
    { name: 'closed connections of a user', path: (random) => connections(`user=${userName(1 + whole(random, size.users))}`) },
    { name: 'closed connections of an address', path: (random) => connections(`address=${addressOf(whole(random, ADDRESSES))}`) },
    {
      name: 'closed connections of a client',
      path: (random) => connections(`sort=-closed_at&client=${CLIENTS[whole(random, CLIENTS.length)] ?? ''}`),
    },
    {
      name: 'closed connections of a client, by begin',
      path: (random) => connections(`client=${CLIENTS[whole(random, CLIENTS.length)] ?? ''}`),
    },
    {
      name: 'closed connections of a version',
      path: (random) =>
        connections(`sort=-closed_at&client=${CLIENTS[whole(random, CLIENTS.length)] ?? ''}&version=1.${whole(random, 50)}`),
    },
    {
      name: 'closed connections of a client by code',
      path: (random) =>
        connections(
          `sort=-closed_at&client=${CLIENTS[whole(random, CLIENTS.length)] ?? ''}&code=${CODES[whole(random, CODES.length)] ?? 1000}`,
        ),
    },
    {
      name: 'closed connections by code',
      path: (random) => connections(`sort=-closed_at&code=${CODES[whole(random, CODES.length)] ?? 1000}`),
    },
    {
      name: 'closed connections of a minute',
      path: (random) => {
        const from = now - whole(random, SPAN_MS);
        return connections(`from=${from}&to=${from + 60_000}`);
      },
    },
    { name: CROWD_QUESTION, path: () => `ops/topics/${CROWD_TOPIC}/messages/${CROWD_SEQ}/waybill` },
  ];
}

function place({ rank, seq }: { readonly rank: number; readonly seq: number }): string {
  return `ops/topics/${topicName(rank)}/messages/${seq}/waybill`;
}
