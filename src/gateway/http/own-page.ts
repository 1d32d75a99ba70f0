import type { IncomingMessage } from 'node:http';
import { isCsrfTokenOf } from '../../auth/operators/session-secret.js';
import { Refusal } from '../../protocol/refusal.js';

/** Where the request came in. */
export interface OwnDoor {
  /** Origins of pages that are ours although they are served elsewhere; `*` counts for nothing here. */
  readonly allowed: readonly string[];
  /** Whether it came over TLS. */
  readonly secure: boolean;
}

/** A browser says so of requests that a person made, by typing an address or opening a bookmark. */
const OWN_FETCHES: ReadonlySet<string> = new Set(['same-origin', 'none']);
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Refuses what other sites' pages make a browser send: `Origin` (RFC 6454) or, where a browser sends none, `Sec-Fetch-Site` (Fetch Metadata) must say that
 * the page is our own. Programs that send neither may read, since no page can make a browser leave both away; they may not change anything.
 */
export function requireOwnPage({ method, headers }: IncomingMessage, door: OwnDoor): void {
  const { origin, host } = headers;
  if (origin !== undefined && door.allowed.includes(origin)) return;
  const reads = READING.has(method ?? '');
  if (origin !== undefined && !(host !== undefined && isOwn(origin, host, door.secure))) throw foreign('Origin');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && !(typeof site === 'string' && OWN_FETCHES.has(site))) throw foreign('Sec-Fetch-Site');
  if (reads || origin !== undefined || site === 'same-origin') return;
  throw foreign('Origin');
}

/** A change by cookie needs the token that only the session's own page was told. */
export function requireCsrfToken({ method, headers }: IncomingMessage, secret: string): void {
  if (READING.has(method ?? '')) return;
  const token = headers['x-csrf-token'];
  if (typeof token === 'string' && isCsrfTokenOf(secret, token)) return;
  throw new Refusal('PERMISSION_DENIED', 'X-CSRF-Token: must be csrf_token of GET /api/v1/ops/session', {
    field: 'X-CSRF-Token',
    rule: 'session.csrf_token',
  });
}

/** Over TLS a page that came without it is not our own: anybody on the way may have written it. */
function isOwn(origin: string, host: string, secure: boolean): boolean {
  return origin === `https://${host}` || (!secure && origin === `http://${host}`);
}

function foreign(field: string): Refusal {
  return new Refusal(
    'PERMISSION_DENIED',
    `${field}: a session is for pages of this gateway, which browsers name in Origin (option server.allowedOrigins names others); a program uses an API key`,
    {
      field,
      rule: 'session.own_page',
    },
  );
}
