import { LIMITS } from './limits.js';
import { Refusal } from './refusal.js';

const PLAIN = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const USER_TOPIC = /^\$user\.(?:[A-Za-z0-9_-]|~[0-9a-f]{2})+$/;
const CANARY_TOPIC = /^\$canary(?:-stored)?\.[A-Za-z0-9_-]{1,64}$/;
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u;
const SAFE_BYTE = /[A-Za-z0-9_-]/;

/** Identifiers of probes, as the program makes them. */
const PROBE_TOPIC = /^\$probe\.[0-9a-f]{12}$/;

/** What the console of this node follows, one sample a second. */
export const OVERVIEW_TOPIC = '$ops.overview';

/** Topics that a node writes for its operators. */
export const OPS_NAMESPACE = '$ops';

export const ALL_TOPIC = '$all';
export const USER_NAMESPACE = '$user';

/** Topics of the probes of operators. */
export const PROBE_NAMESPACE = '$probe';

/** Topics of the nodes' own canaries: ephemeral, and stored. */
export const CANARY_NAMESPACE = '$canary';
export const STORED_CANARY_NAMESPACE = '$canary-stored';

export type TopicKind = 'plain' | 'user' | 'all' | 'probe' | 'ops' | 'canary';

/** The kind of a valid topic name, or undefined where the name is not one. */
export function topicKind(name: string): TopicKind | undefined {
  if (name === ALL_TOPIC) return 'all';
  if (name.startsWith('$')) return serverTopicKind(name);
  return name.length <= LIMITS.topicLength && PLAIN.test(name) ? 'plain' : undefined;
}

function serverTopicKind(name: string): TopicKind | undefined {
  if (PROBE_TOPIC.test(name)) return 'probe';
  if (name === OVERVIEW_TOPIC) return 'ops';
  if (CANARY_TOPIC.test(name)) return 'canary';
  return USER_TOPIC.test(name) && userOfTopic(name) !== undefined ? 'user' : undefined;
}

/** Returns the topic name if it is valid; refuses with the field's name otherwise. */
export function requireTopic(value: unknown, field: string): string {
  if (typeof value !== 'string') throw Refusal.badRequest(field, 'must be a string naming a topic');
  if (topicKind(value) === undefined) {
    throw Refusal.badRequest(
      field,
      `not a topic name: up to ${LIMITS.topicLength} characters of A-Z a-z 0-9 _ - in segments joined by a dot ($user.<id>, $all and $canary.<node> are the server's)`,
    );
  }
  return value;
}

/** First segment of a topic: the namespace whose policy applies. */
export function namespaceOf(topic: string): string {
  const dot = topic.indexOf('.');
  return dot === -1 ? topic : topic.slice(0, dot);
}

/** Whether a string may be a user id: up to 128 printable characters. */
export function isUserId(value: unknown): value is string {
  // Two UTF-16 units per character at most: what is longer is not counted at all.
  if (typeof value !== 'string' || value.length === 0 || value.length > 2 * LIMITS.userLength) return false;
  return Array.from(value).length <= LIMITS.userLength && PRINTABLE.test(value);
}

/** `$user.<id>`; bytes of the id outside the topic alphabet are written `~hh` in lower-case hexadecimal. */
export function userTopic(user: string): string {
  let name = `${USER_NAMESPACE}.`;
  for (const byte of Buffer.from(user, 'utf8')) {
    const character = String.fromCharCode(byte);
    name += SAFE_BYTE.test(character) ? character : `~${byte.toString(16).padStart(2, '0')}`;
  }
  return name;
}

/** `$probe.<id>`: what a probe records, as it records it. */
export function probeTopic(id: string): string {
  return `${PROBE_NAMESPACE}.${id}`;
}

/** The user id of a `$user` topic; undefined where the name is not the canonical name of any user's topic. */
export function userOfTopic(topic: string): string | undefined {
  if (!USER_TOPIC.test(topic)) return undefined;
  const encoded = topic.slice(USER_NAMESPACE.length + 1);
  const bytes: number[] = [];
  for (let index = 0; index < encoded.length; index += 1) {
    if (encoded[index] === '~') {
      bytes.push(Number.parseInt(encoded.slice(index + 1, index + 3), 16));
      index += 2;
    } else {
      bytes.push(encoded.charCodeAt(index));
    }
  }
  const user = Buffer.from(bytes).toString('utf8');
  return isUserId(user) && userTopic(user) === topic ? user : undefined;
}
