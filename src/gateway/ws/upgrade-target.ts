import type { Position } from '../../messaging/message.js';
import { Refusal } from '../../protocol/refusal.js';
import { requireTopic } from '../../protocol/topic-name.js';
import type { TopicSocket } from './connection-origin.js';

/** What an upgrade asks for. */
export interface UpgradeTarget {
  /** Undefined: `/ws`. */
  readonly topic: TopicSocket | undefined;
  readonly client: string | undefined;
  /** As it came; whether it is any good is for others to say. */
  readonly ticket: string | undefined;
}

const SOCKET_PATH = '/ws';
const TOPIC_PATH = /^\/api\/v1\/topics\/([^/]+)\/messages$/;
const CLIENT_NAME = /^[\x21-\x7e]{1,64}$/;

export function isSocketPath(path: string): boolean {
  return path === SOCKET_PATH;
}

/** Where an upgrade's URL leads. Refuses with `NOT_FOUND`, with `UPGRADE_REQUIRED` for REST resources, or with `BAD_REQUEST`. */
export function upgradeTarget(url: string): UpgradeTarget {
  const { path, query } = splitUrl(url);
  const client = query.get('client') ?? undefined;
  const known = {
    client: client !== undefined && CLIENT_NAME.test(client) ? client : undefined,
    ticket: query.get('ticket') ?? undefined,
  };
  if (isSocketPath(path)) return { ...known, topic: undefined };
  const encoded = TOPIC_PATH.exec(path)?.[1];
  if (encoded !== undefined) return { ...known, topic: { topic: requireTopic(decoded(encoded), 'path.topic'), since: positionOf(query) } };
  if (path.startsWith('/api/v1/')) {
    throw new Refusal('UPGRADE_REQUIRED', 'this REST resource has no socket form; sockets are at /ws and /api/v1/topics/{topic}/messages');
  }
  throw new Refusal('NOT_FOUND', 'there is no socket here; connect to /ws');
}

export function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  return mark === -1
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark)) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw Refusal.badRequest('path.topic', 'not valid percent-encoding');
  }
}

/** `?epoch=…&seq=…`: both or neither. */
function positionOf(query: URLSearchParams): Position | undefined {
  const epoch = query.get('epoch');
  const seq = query.get('seq');
  if (epoch === null && seq === null) return undefined;
  if (epoch === null || epoch === '') throw Refusal.badRequest('query.epoch', 'must stand beside seq');
  const number = Number(seq);
  if (seq === null || !/^\d+$/.test(seq) || !Number.isSafeInteger(number)) throw Refusal.badRequest('query.seq', 'must be a whole number');
  return { epoch, seq: number };
}
