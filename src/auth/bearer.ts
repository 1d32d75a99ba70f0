import type { IncomingMessage } from 'node:http';
import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from '../protocol/limits.js';
import { Refusal } from '../protocol/refusal.js';
import type { Credentials } from './authenticator.js';
import { isInBackground, sessionCookieOf } from './session-cookie.js';

/** The part of a request that may carry a credential. */
export type CredentialSource = Pick<IncomingMessage, 'url' | 'headersDistinct'>;

const BEARER = /^bearer +([\x21-\x7e]+)$/i;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const LOOKS_LIKE_JWT = /^eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/;
const TOKEN_PARAMETERS: ReadonlySet<string> = new Set([
  'token',
  'access_token',
  'id_token',
  'jwt',
  'bearer',
  'authorization',
  'api_key',
  'apikey',
  'x-api-key',
]);

/**
 * The credential of a WebSocket upgrade: the Authorization header, else the `bearer.` subprotocol, else a ticket (protocol.md, "Tokens at the
 * upgrade"). Undefined: none came, an `auth` frame must follow. Throws `BAD_REQUEST` for a malformed one or a token in the URL,
 * `UNAUTHENTICATED` for a header that is not a bearer token and for API keys and session cookies, which open no sockets.
 */
export function upgradeCredentials(source: CredentialSource): Credentials | undefined {
  const query = safeQuery(source);
  const fromSubprotocol = subprotocolToken(source);
  const fromHeader = headerCredentials(source);
  if (fromHeader?.kind === 'token') return fromHeader;
  if (fromHeader !== undefined) {
    throw new Refusal(
      'UNAUTHENTICATED',
      'An API key opens no socket: mint a user token with POST /api/v1/auth/tokens and connect with that.',
    );
  }
  if (fromSubprotocol !== undefined) return { kind: 'token', token: fromSubprotocol, method: 'subprotocol' };
  const tickets = query.getAll('ticket');
  if (tickets.length === 0 && sessionCookieOf(source) !== undefined) {
    throw new Refusal(
      'UNAUTHENTICATED',
      'A session cookie opens no socket, since a browser sends it without being asked: connect with a token or a ticket.',
    );
  }
  if (tickets.length > 1) throw Refusal.badRequest('query.ticket', 'given more than once');
  const ticket = tickets[0];
  if (ticket === undefined) return undefined;
  if (!BASE64URL.test(ticket)) throw Refusal.badRequest('query.ticket', 'not a ticket; get one with POST /api/v1/auth/tickets');
  return { kind: 'ticket', ticket };
}

/**
 * The credential of a REST request: `Authorization: Bearer` with a user token or an API key, else `X-API-Key`, else the cookie
 * of an operator's session. Undefined: none came. Throws like `upgradeCredentials`; tickets are for upgrades alone.
 */
export function requestCredentials(source: CredentialSource): Credentials | undefined {
  if (safeQuery(source).has('ticket'))
    throw Refusal.badRequest('query.ticket', 'a ticket opens a WebSocket; REST takes the Authorization header');
  const fromHeader = headerCredentials(source);
  if (fromHeader !== undefined) return fromHeader;
  const secret = sessionCookieOf(source);
  if (secret === undefined) return undefined;
  return { kind: 'session', secret, ...(isInBackground(source) ? { background: true } : {}) };
}

/** Header credentials. A bearer value with exactly two dots is a JWT (RFC 7519 section 3), any other an API key. */
function headerCredentials(source: CredentialSource): Credentials | undefined {
  const authorization = single(source, 'authorization', 'Authorization');
  if (authorization !== undefined) {
    const value = BEARER.exec(authorization.trim())?.[1];
    if (value === undefined)
      throw new Refusal('UNAUTHENTICATED', 'Authorization: must be "Bearer" and one token or API key; other schemes are not known here.');
    return hasThreeParts(value) ? { kind: 'token', token: value, method: 'header' } : { kind: 'api_key', key: value };
  }
  const key = single(source, 'x-api-key', 'X-API-Key');
  return key === undefined ? undefined : { kind: 'api_key', key: key.trim() };
}

function subprotocolToken(source: CredentialSource): string | undefined {
  const offered = (source.headersDistinct['sec-websocket-protocol'] ?? []).flatMap((line) => line.split(',')).map((item) => item.trim());
  const bearers = offered.filter((item) => item.startsWith(BEARER_SUBPROTOCOL_PREFIX));
  const bearer = bearers[0];
  if (bearer === undefined) return undefined;
  const field = 'Sec-WebSocket-Protocol';
  if (bearers.length > 1) throw Refusal.badRequest(field, 'carries more than one bearer entry');
  if (!offered.includes(SUBPROTOCOL)) throw Refusal.badRequest(field, `a bearer entry must stand beside ${SUBPROTOCOL}`);
  const encoded = bearer.slice(BEARER_SUBPROTOCOL_PREFIX.length);
  const decoded = Buffer.from(encoded, 'base64url');
  // Decoding ignores what is not in the alphabet; only the one canonical spelling of a token may pass.
  if (!BASE64URL.test(encoded) || decoded.toString('base64url') !== encoded) {
    throw Refusal.badRequest(field, 'the bearer entry must be the token in base64url without padding');
  }
  return decoded.toString('latin1');
}

/** URLs are kept by proxies, histories and logs, so a token in one is refused even where a good one came beside it. */
function safeQuery(source: CredentialSource): URLSearchParams {
  const url = source.url ?? '';
  const start = url.indexOf('?');
  const query = new URLSearchParams(start === -1 ? '' : url.slice(start));
  for (const [name, value] of query) {
    const known = TOKEN_PARAMETERS.has(name.toLowerCase());
    if (!known && !LOOKS_LIKE_JWT.test(value) && !LOOKS_LIKE_JWT.test(name)) continue;
    throw Refusal.badRequest(
      known ? `query.${name.toLowerCase()}` : 'query',
      'a token or key may not stand in a URL, where logs keep it; send it in the Authorization header, the bearer subprotocol or the auth frame',
    );
  }
  return query;
}

function single(source: CredentialSource, name: string, field: string): string | undefined {
  const values = source.headersDistinct[name] ?? [];
  if (values.length > 1) throw Refusal.badRequest(field, 'given more than once');
  return values[0];
}

function hasThreeParts(value: string): boolean {
  return value.split('.').length === 3;
}
