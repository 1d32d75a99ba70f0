import type { IncomingMessage } from 'node:http';
import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from '../../protocol/limits.js';
import { Refusal } from '../../protocol/refusal.js';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Checks the form of an opening handshake (RFC 6455 sections 4.1 and 4.2.1), more strictly than `ws`, which takes version 8 too. */
export function requireHandshakeForm(request: IncomingMessage): void {
  const { headers, method } = request;
  if (method !== 'GET') throw new Refusal('METHOD_NOT_ALLOWED', `method: an upgrade is a GET, not ${method ?? 'nothing'}`);
  if (headers.upgrade?.toLowerCase() !== 'websocket') throw Refusal.badRequest('Upgrade', 'must be websocket');
  if (headers['sec-websocket-version'] !== '13') {
    throw new Refusal('UPGRADE_REQUIRED', 'Sec-WebSocket-Version: must be 13', { field: 'Sec-WebSocket-Version' });
  }
  const key = headers['sec-websocket-key'];
  if (key === undefined || !KEY.test(key)) throw Refusal.badRequest('Sec-WebSocket-Key', 'must be 16 bytes in base64');
  requireSubprotocol(headers['sec-websocket-protocol']);
}

/** `waybill.v1` must be offered, or nothing at all; messages never repeat what was offered, it may hold a token. */
function requireSubprotocol(header: string | undefined): void {
  if (header === undefined) return;
  const field = 'Sec-WebSocket-Protocol';
  const offered = header.split(',').map((item) => item.trim());
  if (!offered.every((item) => TOKEN.test(item))) throw Refusal.badRequest(field, 'must be a comma-separated list of subprotocols');
  if (new Set(offered).size !== offered.length) throw Refusal.badRequest(field, 'names one subprotocol twice');
  if (offered.includes(SUBPROTOCOL)) return;
  const alone = offered.some((item) => item.startsWith(BEARER_SUBPROTOCOL_PREFIX));
  throw Refusal.badRequest(field, alone ? `a bearer entry must stand beside ${SUBPROTOCOL}` : `must offer ${SUBPROTOCOL}`);
}

/** Headers that belong to a refusal of this form. */
export function refusalHeaders(refusal: Refusal): Readonly<Record<string, string>> {
  if (refusal.code === 'UPGRADE_REQUIRED') return { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
  return refusal.code === 'METHOD_NOT_ALLOWED' ? { Allow: 'GET' } : {};
}
