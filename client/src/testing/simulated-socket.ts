import type { Socket } from '../socket.js';

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** The server's end of a simulated socket. */
export interface SimulatedPeer {
  received(text: string): void;
  /** The client closed it, or it was cut. */
  gone(): void;
}

/** A socket without a network. What is sent arrives in order, one microtask later. */
export class SimulatedSocket implements Socket {
  /** Set by the client. */
  onopen: ((event: never) => unknown) | null = null;
  /** Set by the client. */
  onmessage: ((event: never) => unknown) | null = null;
  /** Set by the client. */
  onclose: ((event: never) => unknown) | null = null;
  /** Set by the client. */
  onerror: ((event: never) => unknown) | null = null;
  #readyState = CONNECTING;
  #peer: SimulatedPeer | undefined;
  #silent = false;

  constructor(
    /** Where the client connects to. */
    readonly url: string,
    /** Subprotocols that it offers. */
    readonly protocols: readonly string[],
  ) {}

  /** As of a real one (WHATWG WebSockets). */
  get readyState(): number {
    return this.#readyState;
  }

  /** Client side: sends a frame. */
  send(text: string): void {
    if (this.#readyState === CONNECTING) throw new Error('The socket is still connecting');
    if (this.#readyState === OPEN && !this.#silent) queueMicrotask(() => this.#peer?.received(text));
  }

  /** Client side: ends it. */
  close(code = 1005, reason = ''): void {
    this.end(code, reason);
  }

  /** @internal Server side: accepts the connection. */
  open(peer: SimulatedPeer): void {
    if (this.#readyState !== CONNECTING) return;
    this.#peer = peer;
    this.#readyState = OPEN;
    this.#dispatch(this.onopen, {});
  }

  /** Server side: sends a frame. */
  push(payload: unknown): void {
    queueMicrotask(() => {
      if (this.#readyState === OPEN && !this.#silent) this.#dispatch(this.onmessage, { data: payload });
    });
  }

  /** Either side: ends it; the client's `close` event follows. */
  end(code: number, reason: string): void {
    queueMicrotask(() => {
      if (this.#readyState === CLOSED) return;
      this.#readyState = CLOSED;
      this.#peer?.gone();
      if (code === 1006) this.#dispatch(this.onerror, {});
      this.#dispatch(this.onclose, { code, reason });
    });
  }

  /** From now on nothing passes in either direction, and nobody is told: a cable pulled. */
  silence(): void {
    this.#silent = true;
    this.#peer?.gone();
  }

  #dispatch(listener: ((event: never) => unknown) | null, event: object): void {
    listener?.(event as never);
  }
}
