import type { Query } from '../../api/request.ts';
import { shellWord } from '../../ui/commands.tsx';
import { momentOf } from './moment.ts';

/** What a list of connections is narrowed by, as it stands in the address. Empty: not at all. */
export interface ConnectionFilters {
  readonly state: string;
  readonly user: string;
  readonly address: string;
  readonly ref: string;
  readonly client: string;
  readonly node: string;
  readonly topic: string;
  readonly code: string;
  readonly reason: string;
  readonly from: string;
  readonly to: string;
}

export const NO_FILTERS: ConnectionFilters = {
  state: 'open',
  user: '',
  address: '',
  ref: '',
  client: '',
  node: '',
  topic: '',
  code: '',
  reason: '',
  from: '',
  to: '',
};

/** The filters among what stands in the address. */
export function filtersOf(values: Readonly<Record<keyof ConnectionFilters, string>>): ConnectionFilters {
  const names = Object.keys(NO_FILTERS) as (keyof ConnectionFilters)[];
  return Object.fromEntries(names.map((name) => [name, values[name]])) as unknown as ConnectionFilters;
}

/** Of filters: what REST is asked, times included; and which of them cannot be read. */
export function queryOf(
  filters: ConnectionFilters,
  zone: 'local' | 'utc',
  now: number,
): { readonly query: Query; readonly unread: readonly string[] } {
  const { from, to, ...texts } = filters;
  const times = Object.entries({ from, to }).map(([name, text]) => [name, text, momentOf(text, zone, now)] as const);
  return {
    query: {
      ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.trim()])),
      ...Object.fromEntries(times.map(([name, , at]) => [name, at])),
    },
    unread: times.filter(([, text, at]) => text.trim() !== '' && at === undefined).map(([name]) => name),
  };
}

const FLAGS: Readonly<Record<string, string>> = {
  user: '--user',
  address: '--address',
  ref: '--ref',
  client: '--client',
  node: '--node',
  topic: '--topic',
  code: '--code',
  reason: '--reason',
};

/** The same query as a command. */
export function commandOf(query: Query, sort: string, limit: number): string {
  const { state, from, to } = query;
  const words = ['waybill connections'];
  if (state === 'closed') words.push('--closed');
  if (state === 'all') words.push('--all');
  for (const [name, flag] of Object.entries(FLAGS)) {
    const value = query[name];
    // A value that begins with a dash would be taken for an option.
    if (value !== undefined && value !== '') words.push(`${flag}=${shellWord(String(value))}`);
  }
  if (typeof from === 'number') words.push(`--since ${new Date(from).toISOString()}`);
  if (typeof to === 'number') words.push(`--until ${new Date(to).toISOString()}`);
  words.push(`--sort=${sort}`, `--limit ${limit}`);
  return words.join(' ');
}

/** The list of one user without other filters is the page of that user. */
export function isUserPage(filters: ConnectionFilters): boolean {
  return filters.user !== '' && filters.state === 'all';
}

/** Whether something narrows the list beside the state. */
export function isNarrowed(filters: ConnectionFilters): boolean {
  return Object.entries(filters).some(([name, text]) => name !== 'state' && text !== '');
}
