import type { SocketConstructor } from '@waybill/client';

export type Direction = 'in' | 'out' | 'note';

/** One frame as it crossed the wire, or what the socket did. */
export interface Frame {
  readonly no: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly direction: Direction;
  readonly text: string;
}

export type Tap = (direction: Direction, text: string) => void;

/** Frames that carry a credential: it is cut out before anything is kept. */
const CREDENTIALS = /"(token|ticket|signature)"\s*:\s*"(?:[^"\\]|\\.)*"/g;

export function withoutCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS, '"$1":"…"');
}

/** The browser's WebSocket, with somebody who sees what goes over it. `opened` is told of each that is made. */
export function tappedSocket(tap: Tap, opened: (socket: WebSocket) => void): SocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      opened(this);
      this.addEventListener('open', () => tap('note', 'socket open'));
      this.addEventListener('message', ({ data }) => tap('in', typeof data === 'string' ? withoutCredentials(data) : 'a binary frame'));
      this.addEventListener('close', ({ code, reason }) => tap('note', `socket closed: ${code}${reason === '' ? '' : ` ${reason}`}`));
    }

    override send(text: string): void {
      super.send(text);
      tap('out', withoutCredentials(text));
    }
  };
}
