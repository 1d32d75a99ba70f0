/** What is printed of `GET ops/connections/{id}`; the rest is in `--json`. */
export interface ConnectionItem {
  readonly id: string;
  readonly ref: string;
  readonly user?: string;
  readonly state: string;
  readonly address: string;
  readonly client?: string;
  readonly node: string;
  readonly protocol: string;
  readonly opened_at: number;
  readonly closed_at?: number;
  readonly age_ms: number;
  readonly rtt_ms?: number;
  readonly queued_bytes: number;
  readonly max_queued_bytes: number;
  readonly dropped_messages: number;
  readonly frames_in: number;
  readonly frames_out: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly published?: number;
  readonly acks?: number;
  readonly topics: readonly string[];
  readonly close?: { readonly code: number; readonly reason: string; readonly initiator: string };
  readonly events: readonly ConnectionEvent[];
  readonly events_forgotten: number;
}

export interface ConnectionEvent {
  readonly at: number;
  readonly kind: string;
  readonly detail?: string | number;
}

/** The same of a connection whose own record is missing. */
export interface RemainsItem {
  readonly id: string;
  readonly state: string;
  readonly user: string;
  readonly node: string;
  readonly subscribed_at: number;
  readonly topics: readonly string[];
  readonly why: string;
}

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const KIB = 1_024;

const WORDS: Readonly<Record<string, (detail: string) => string>> = {
  connected: (from) => `connected from ${from}`,
  authenticated: (who) => `proved who it is (${who})`,
  refreshed: () => 'renewed its token',
  refused: (what) => `was refused: ${what}`,
  welcome: () => 'was welcomed: its own topics are subscribed',
  subscribed: (topic) => `subscribed to ${topic}`,
  recovered: (what) => `was given what it had missed: ${what}`,
  not_recovered: (topic) => `could not be given what it had missed of ${topic}`,
  unsubscribed: (topic) => `unsubscribed from ${topic}`,
  session_resumed: (where) => `went on with the session it had at ${where}`,
  session_moved: (where) => `its session went on at ${where}`,
  gap: (gaps) => `was told of gaps in what it was too slow for: ${gaps}`,
  dropped: (messages) => `messages were dropped for it, as its namespace's slow policy says: ${messages}`,
  slow: () => 'began to take less than was sent',
  caught_up: (how) => `had caught up (${how})`,
  high_water: (bytes) => `${kib(Number(bytes))} waited for it`,
  round_trip: (ms) => `a ping came back after ${ms} ms`,
  reading_paused: (why) => `was not read for a while: ${why}`,
  reading_resumed: (how) => `was read on (${how})`,
  closing: (how) => `began to close: ${how}`,
  closed: (how) => `ended: ${how}`,
};

/** A connection as a story: who it was, how it ended, and what happened before that, with the time to the end of each. */
export function storyOf(item: ConnectionItem, now: number): readonly string[] {
  const end = item.closed_at ?? now;
  return [
    `Connection ${item.ref} of ${item.user ?? 'somebody who did not say who they are'}: ${endOf(item)}`,
    `  id ${item.id}, on node ${item.node}, by ${item.protocol === 'sse' ? 'server-sent events' : 'WebSocket'}`,
    `  from ${item.address}${item.client === undefined ? '' : `, client ${item.client}`}`,
    `  opened ${time(item.opened_at)}${item.closed_at === undefined ? '' : `, closed ${time(item.closed_at)}`}, ${span(end - item.opened_at)} in all`,
    `  in ${item.frames_in} frames (${kib(item.bytes_in)}), out ${item.frames_out} (${kib(item.bytes_out)}); published ${item.published ?? 0}, acknowledged ${item.acks ?? 0} times`,
    `  at worst ${kib(item.max_queued_bytes)} waited for it; ${item.dropped_messages} messages dropped`,
    `  topics: ${item.topics.length === 0 ? 'none' : item.topics.join(' ')}`,
    ...(item.events.length === 0 ? [] : ['', item.closed_at === undefined ? 'Before now:' : 'Before the end:']),
    ...item.events.flatMap((event, index) => [
      ...(index === 1 && item.events_forgotten > 0 ? [`${' '.repeat(WIDTH)}  … ${item.events_forgotten} events were forgotten`] : []),
      `${before(end - event.at).padStart(WIDTH)}  ${inWords(event)}`,
    ]),
  ];
}

const WIDTH = 16;

export function remainsStory(item: RemainsItem): readonly string[] {
  return [
    `Connection ${item.id} of ${item.user}, on node ${item.node}: ${item.why}.`,
    `  subscribed at ${time(item.subscribed_at)} to ${item.topics.join(' ')}`,
  ];
}

function endOf({ state, close }: ConnectionItem): string {
  return close === undefined ? state : `${state}, ${close.code} ${close.reason}, ended by the ${close.initiator}`;
}

function inWords({ kind, detail }: ConnectionEvent): string {
  return WORDS[kind]?.(String(detail ?? '')) ?? `${kind}${detail === undefined ? '' : ` ${detail}`}`;
}

/** How long before the end, as a person reads it: `-58.3 s`. */
function before(ms: number): string {
  return `-${span(Math.max(0, ms))}`;
}

function span(ms: number): string {
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(ms < 10 * SECOND ? 3 : 1)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
}

function kib(bytes: number): string {
  return bytes < KIB ? `${bytes} B` : `${Math.ceil(bytes / KIB)} KiB`;
}

function time(at: number): string {
  return new Date(at).toISOString();
}
