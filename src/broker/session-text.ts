import type { FoundSession, Session } from '../messaging/session-store.js';

type TopicText = readonly [topic: string, epoch: string | null, seq: number, ack: 0 | 1];

/** How everything begins that a user may take. */
export function ownerPrefix(user: string): string {
  return `${JSON.stringify(user)}\n`;
}

/** A session as it stands in Redis: whose it is on the first line, so that a script can tell without reading the rest. */
export function sessionText({ user, connection, topics }: Session, node: string): string {
  const short = topics.map(({ topic, since, ack }): TopicText => [topic, since?.epoch ?? null, since?.seq ?? 0, ack ? 1 : 0]);
  return ownerPrefix(user) + JSON.stringify([node, connection, short]);
}

export function readSession(id: string, text: string): FoundSession {
  const end = text.indexOf('\n');
  const [node, connection, topics] = JSON.parse(text.slice(end + 1)) as [string, string, readonly TopicText[]];
  return {
    id,
    user: JSON.parse(text.slice(0, end)) as string,
    node,
    connection,
    topics: topics.map(([topic, epoch, seq, ack]) => ({ topic, since: epoch === null ? undefined : { epoch, seq }, ack: ack === 1 })),
  };
}
