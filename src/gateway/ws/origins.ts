import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../protocol/refusal.js';

/**
 * Refuses pages of foreign origins (cross-site WebSocket hijacking): origins are compared whole and exactly. Programs that are not
 * browsers send none and pass; they need a token like everybody. A page served by this gateway itself, behind whatever proxy, has
 * the Host that it asks for.
 */
export function requireAllowedOrigin({ headers }: IncomingMessage, allowed: readonly string[]): void {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return;
  if (host !== undefined && (origin === `https://${host}` || origin === `http://${host}`)) return;
  throw new Refusal('PERMISSION_DENIED', 'Origin: not one that may connect here (option server.allowedOrigins)', {
    field: 'Origin',
    rule: 'server.allowedOrigins',
  });
}
