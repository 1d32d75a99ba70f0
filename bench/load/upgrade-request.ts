import { createHash, randomBytes } from 'node:crypto';

/** RFC 6455, section 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export const END_OF_HEAD = '\r\n\r\n';

export interface UpgradeTarget {
  readonly host: string;
  readonly port: number;
  /** Undefined: the request carries none. */
  readonly token?: string | undefined;
}

/** The bytes of a WebSocket handshake (RFC 6455, section 4.1). `key` is its nonce, which a load may use again. */
export function upgradeRequest({ host, port, token }: UpgradeTarget, key = upgradeKey()): string {
  const headers = [
    `GET /ws HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Protocol: waybill.v1',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
  ];
  return headers.join('\r\n') + END_OF_HEAD;
}

export function upgradeKey(): string {
  return randomBytes(16).toString('base64');
}

/** What a server has to answer to this key. */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + ACCEPT_GUID)
    .digest('base64');
}
