import { ApiError } from './api-error.ts';
import { isLeftAlone } from './last-touch.ts';
import { learnServerTime } from './server-clock.ts';
import { csrfToken, signedOut } from './session-state.ts';

/** Values that stand in a query string; what is undefined or empty is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Envelope {
  readonly code: string;
  readonly message: string;
  readonly data?: unknown;
  readonly trace_id?: string;
  readonly field?: string;
  readonly rule?: string;
  readonly retry_after_ms?: number;
}

export const API = '/api/v1';

export function queryString(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** `path` without `/api/v1/`. Resolves with the answer's `data`; rejects with an `ApiError`. */
export async function get<Data>(path: string, query?: Query, signal?: AbortSignal): Promise<Data> {
  return send<Data>('GET', `${path}${queryString(query)}`, undefined, signal);
}

export async function send<Data>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Data> {
  const headers: Record<string, string> = { accept: 'application/json', ...backgroundHeader(path) };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET') headers['x-csrf-token'] = csrfToken();
  let response: Response;
  try {
    response = await fetch(`${API}/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError('NETWORK', 'The gateway does not answer. Look whether it runs and whether this machine reaches it.', 0);
  }
  return dataOf<Data>(response, path);
}

/** Tells the gateway where a page asks by itself: that is no use of the session. To open a page, which asks who is there, is one. */
export function backgroundHeader(path: string): Readonly<Record<string, string>> {
  return path !== 'ops/session' && isLeftAlone() ? { 'x-waybill-background': '1' } : {};
}

async function dataOf<Data>(response: Response, path: string): Promise<Data> {
  learnServerTime(response.headers.get('date'));
  const answer = await envelopeOf(response);
  if (response.ok) return answer.data as Data;
  if (response.status === 401 && !path.startsWith('ops/session')) signedOut('over');
  const { code, message, field, rule, retry_after_ms: wait, trace_id: trace } = answer;
  throw new ApiError(code, message, response.status, field, rule, wait, trace);
}

async function envelopeOf(response: Response): Promise<Envelope> {
  try {
    return (await response.json()) as Envelope;
  } catch {
    throw new ApiError('NETWORK', `Something between this page and the gateway answered with ${response.status}.`, response.status);
  }
}
