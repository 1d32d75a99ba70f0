import type { IncomingMessage } from 'node:http';

export const SESSION_COOKIE = 'waybill_session';
/** A page that asks by itself, with nobody before it, says so with any value: the session is not prolonged by it. */
export const BACKGROUND_HEADER = 'x-waybill-background';

/**
 * The session's secret as the Cookie headers have it (RFC 6265 section 5.4). Undefined: there is none. An empty text stands for a cookie that
 * came twice, as when a neighbouring host sets one of the same name: neither is believed.
 */
export function sessionCookieOf({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): string | undefined {
  const values: string[] = [];
  for (const header of headersDistinct['cookie'] ?? []) {
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=');
      if (equals !== -1 && pair.slice(0, equals).trim() === SESSION_COOKIE) values.push(pair.slice(equals + 1).trim());
    }
  }
  return values.length > 1 ? '' : values[0];
}

/** Whether a request says that nobody asked for it. */
export function isInBackground({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): boolean {
  return headersDistinct[BACKGROUND_HEADER] !== undefined;
}

/** A Set-Cookie header. No script reads the cookie, and no other site's page sends it. `maxAgeSeconds` 0 takes it away. */
export function sessionCookie(secret: string, maxAgeSeconds: number, secure: boolean): string {
  return `${SESSION_COOKIE}=${secret}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
