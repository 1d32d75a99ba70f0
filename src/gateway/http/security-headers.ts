import type { IncomingMessage } from 'node:http';

/** A name and a port, or an address in brackets: what may stand in a policy. */
const HOST = /^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/;
const YEAR_SECONDS = 31_536_000;

/**
 * What every answer carries: data that a browser opens is data, whatever stands in it. An answer that is a page replaces the policy by `pagePolicy`.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Beside those over TLS: a browser that was here once comes by TLS alone (RFC 6797). */
export const TRANSPORT_SECURITY = { 'strict-transport-security': `max-age=${YEAR_SECONDS}` } as const;

/**
 * The policy of a page: its own scripts, styles and images, its own REST and socket, and nothing written into the page but style elements that carry
 * `styleNonce`, where it has one.
 */
export function pagePolicy({ headers: { host = '' } }: Pick<IncomingMessage, 'headers'>, secure: boolean, styleNonce?: string): string {
  const socket = HOST.test(host) ? ` ${secure ? 'wss' : 'ws'}://${host}` : '';
  return [
    "default-src 'self'",
    "script-src 'self'",
    styleNonce === undefined ? "style-src 'self'" : `style-src 'self' 'nonce-${styleNonce}'`,
    "img-src 'self' data:",
    `connect-src 'self'${socket}`,
    "frame-ancestors 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}
