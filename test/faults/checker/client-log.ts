import type { Evidence } from './evidence.js';
import type { SubscriberRecord } from './record.js';
import { keyOf } from './key.js';

/** A stretch of a connection in which a topic was subscribed: from the reply until the client asked to leave. */
export interface Window {
  readonly topic: string;
  readonly from: number;
  to: number;
}

/** One connection of a user, as the client saw it. */
export class ClientConnection {
  /** Undefined while it is open. */
  endedAt: number | undefined;
  /**
   * When something of the gateway came last, before its first pause: until then, at least, the gateway had not ended it. What comes
   * after a pause may have been written long before.
   */
  heardAt: number;
  wasPaused = false;
  /** Everything the gateway wrote was seen: it is open and read, or its last frame was a close frame. */
  whole = true;
  /** When each message came first, by topic, epoch and seq. */
  readonly delivered = new Map<string, number>();
  /** Highest `seq` that came, by topic and epoch. */
  readonly last = new Map<string, number>();
  /** Highest `seq` acknowledged, by topic and epoch. */
  readonly acked = new Map<string, number>();
  readonly windows: Window[] = [];

  constructor(
    readonly user: string,
    readonly id: string,
    readonly openedAt: number,
  ) {
    this.heardAt = openedAt;
  }

  has(topic: string, epoch: string, seq: number, until: number): boolean {
    return (this.delivered.get(messageKey(topic, epoch, seq)) ?? Infinity) <= until;
  }
}

/** A read of history. */
export interface ClientRead {
  readonly topic: string;
  readonly at: number;
  /** Undefined where no answer came. */
  readonly answer: { readonly epoch: string; readonly from: number; readonly to: number } | undefined;
}

/** Everything that the clients of one user saw and did. */
export interface ClientUser {
  readonly connections: ClientConnection[];
  readonly reads: ClientRead[];
}

export function messageKey(topic: string, epoch: string, seq: number): string {
  return keyOf(topic, epoch, String(seq));
}

/** Puts what clients logged in order, by user. Connections without a `welcome` are none. */
export function clientUsers(evidence: Evidence): ReadonlyMap<string, ClientUser> {
  const users = new Map<string, ClientUser>();
  for (const [subscriber, records] of evidence.subscribers) {
    const first = records.find((record) => record.kind === 'connected');
    const user = first?.kind === 'connected' ? (first.user ?? subscriber) : subscriber;
    const known = users.get(user) ?? { connections: [], reads: [] };
    users.set(user, known);
    follow(records, user, known);
  }
  return users;
}

function follow(records: readonly SubscriberRecord[], user: string, into: ClientUser): void {
  let current: ClientConnection | undefined;
  let paused = false;
  const reading = new Map<string, Extract<SubscriberRecord, { readonly kind: 'reading' }>>();
  const end = (at: number, whole: boolean): void => {
    if (current === undefined) return;
    current.endedAt = at;
    current.whole = whole && !paused;
    // The gateway may have ended it long before this was seen.
    for (const window of current.windows) window.to = Math.min(window.to, current.heardAt);
    current = undefined;
  };
  for (const record of records) {
    if (record.kind === 'connected') {
      current = new ClientConnection(user, record.id, record.at);
      paused = false;
      into.connections.push(current);
    } else if (record.kind === 'closed') end(record.at, record.code !== NO_CLOSE_FRAME);
    // Whatever came after the test's own end was not looked at.
    else if (record.kind === 'stopped') end(record.at, false);
    else if (record.kind === 'reading') reading.set(record.request, record);
    else if (record.kind === 'read') {
      reading.delete(record.request);
      const { topic, at, epoch, from, to } = record;
      into.reads.push({ topic, at, answer: { epoch, from, to } });
    } else if (record.kind === 'paused') {
      paused = record.on;
      if (current === undefined) continue;
      current.whole = !paused;
      current.wasPaused = true;
    } else if (current !== undefined) note(current, record);
  }
  for (const { topic, at } of reading.values()) into.reads.push({ topic, at, answer: undefined });
}

const NO_CLOSE_FRAME = 1006;

function note(connection: ClientConnection, record: SubscriberRecord): void {
  if (record.kind === 'delivered') {
    const { topic, epoch, seq, at } = record;
    if (!connection.wasPaused) connection.heardAt = at;
    const message = messageKey(topic, epoch, seq);
    if (!connection.delivered.has(message)) connection.delivered.set(message, at);
    raise(connection.last, keyOf(topic, epoch), seq);
  } else if (record.kind === 'ack') raise(connection.acked, keyOf(record.topic, record.epoch), record.seq);
  else if (record.kind === 'subscribed') {
    if (!connection.wasPaused) connection.heardAt = record.at;
    connection.windows.push({ topic: record.topic, from: record.at, to: Infinity });
  } else if (record.kind === 'leaving' || record.kind === 'unsubscribed') {
    for (const window of connection.windows) if (window.topic === record.topic) window.to = Math.min(window.to, record.at);
  }
}

function raise(map: Map<string, number>, key: string, seq: number): void {
  map.set(key, Math.max(map.get(key) ?? 0, seq));
}
