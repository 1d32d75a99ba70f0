import type { Credential } from './token-source.js';

/** What the client needs of a WebSocket: the standard one of browsers and Node fits, and so does a test's. */
export interface Socket {
  /** Called once it is open. */
  onopen: ((event: never) => unknown) | null;
  /** Called with each frame, as `data` of the event. */
  onmessage: ((event: never) => unknown) | null;
  /** Called once at its end, with `code` and `reason`. */
  onclose: ((event: never) => unknown) | null;
  /** Called where it fails; `onclose` follows. */
  onerror: ((event: never) => unknown) | null;
  /** 1 while it can send (WHATWG WebSockets). */
  readonly readyState: number;
  /** Sends a text frame. */
  send(text: string): void;
  /** Ends it with a close code. */
  close(code?: number, reason?: string): void;
}

/** Opens a socket to a URL, offering subprotocols. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

/** `readyState` of a socket that can send (WHATWG WebSockets). */
export const OPEN = 1;

/** Subprotocol of the wire format. */
export const SUBPROTOCOL = 'waybill.v1';

/** The subprotocols to offer: a browser cannot set headers, so the token travels beside the protocol's name. */
export function subprotocols({ kind, text }: Credential): string[] {
  return kind === 'token' ? [SUBPROTOCOL, `bearer.${base64url(text)}`] : [SUBPROTOCOL];
}

function base64url(value: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(value)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
