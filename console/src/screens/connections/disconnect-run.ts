import type { Query } from '../../api/request.ts';
import { shellWord } from '../../ui/commands.tsx';

/** Which open connections are meant, in the words of `POST ops/disconnects`. */
export interface DisconnectFilter {
  readonly user?: string;
  readonly address?: string;
  readonly client?: string;
  readonly topic?: string;
  readonly older_than_s?: number;
}

export interface DisconnectPreview {
  readonly as_of: number;
  readonly count: number;
  readonly takes_s: number;
  readonly examples: readonly {
    readonly id: string;
    readonly ref: string;
    readonly user?: string;
    readonly address: string;
    readonly client?: string;
    readonly age_ms: number;
  }[];
}

export interface DisconnectRun {
  readonly id: string;
  readonly state: 'running' | 'done' | 'stopped';
  readonly by: string;
  readonly filter: DisconnectFilter;
  readonly code: number;
  readonly reason: string;
  readonly rate_per_s: number;
  readonly started_at: number;
  readonly ended_at?: number;
  readonly stopped_by?: string;
  readonly matched: number;
  readonly closed: number;
  readonly gone: number;
  readonly left: number;
}

/** What the list is narrowed by and disconnecting many cannot be: acting on more than one sees would be worse than not acting. */
const UNKNOWN_THERE: Readonly<Record<string, string>> = {
  ref: 'ref',
  node: 'node',
  code: 'close code',
  reason: 'close reason',
};

/** The list's filter as a filter of those to disconnect, exactly; or what of it cannot be carried over. */
export function disconnectFilterOf(query: Query, now: number): { readonly filter: DisconnectFilter; readonly missing: readonly string[] } {
  const { user, address, client, topic, to } = query;
  const texts = Object.entries({ user, address, client, topic }).filter(([, value]) => value !== undefined && value !== '');
  // Open now and at or before then: it is at least so old. "Open at or after" holds for whatever is open now.
  const age = typeof to === 'number' ? { older_than_s: Math.max(0, Math.ceil((now - to) / 1_000)) } : {};
  const missing = Object.entries(UNKNOWN_THERE).flatMap(([name, word]) => (query[name] === undefined || query[name] === '' ? [] : [word]));
  return { filter: { ...Object.fromEntries(texts), ...age }, missing };
}

export function isEveryone(filter: DisconnectFilter): boolean {
  return Object.keys(filter).length === 0;
}

/** `client web/1.2, in topic chat.a`: whom a filter means, to be read in a sentence. */
export function whomInWords({ user, address, client, topic, older_than_s: age }: DisconnectFilter): string {
  const parts = [
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(address === undefined ? [] : [`from ${address}`]),
    ...(client === undefined ? [] : [`client ${client}`]),
    ...(topic === undefined ? [] : [`in topic ${topic}`]),
    ...(age === undefined ? [] : [`open for at least ${age} s`]),
  ];
  return parts.length === 0 ? 'everybody' : parts.join(', ');
}

/** The same as a command, which asks for the count itself. */
export function disconnectCommand(
  filter: DisconnectFilter,
  options: { readonly rate: number; readonly mayReturn: boolean; readonly reason: string },
): string {
  const { user, address, client, topic, older_than_s: age } = filter;
  const flags = Object.entries({ user, address, client, topic }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${shellWord(value)}`],
  );
  return [
    'waybill disconnect',
    ...flags,
    ...(age === undefined ? [] : [`--older-than ${age}s`]),
    ...(isEveryone(filter) ? ['--all'] : []),
    `--rate ${options.rate}`,
    ...(options.mayReturn ? [] : ['--for-good']),
    ...(options.reason === '' ? [] : [`--reason=${shellWord(options.reason)}`]),
  ].join(' ');
}
