import type { Clock } from './clock.js';
import { decodeServerFrame, type ServerFrame } from './frames.js';
import { Heartbeat } from './heartbeat.js';
import { OPEN, type Socket, type SocketConstructor, subprotocols } from './socket.js';
import type { Credential } from './token-source.js';

/** Heartbeat where the server names none, in milliseconds. */
const DEFAULT_PING_INTERVAL_MS = 25_000;

export interface LinkEnd {
  /** 1006 where the server gave no close code. */
  readonly code: number;
  readonly reason: string;
  /** False: the upgrade was refused or never answered. */
  readonly opened: boolean;
}

export interface LinkHandlers {
  readonly frame: (frame: ServerFrame) => void;
  readonly silent: () => void;
  /** Called once, and nothing after it. */
  readonly ended: (end: LinkEnd) => void;
}

export interface LinkOptions {
  readonly url: string;
  readonly credential: Credential;
  readonly webSocket: SocketConstructor;
  readonly clock: Clock;
  /** Time from the start to `welcome`, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/** One socket from its opening to its end. Knows frames and silence; what they mean is the connection's business. */
export class Link {
  readonly #socket: Socket;
  readonly #heartbeat: Heartbeat;
  readonly #cancelConnectTimeout: () => void;
  #opened = false;
  #ended = false;

  constructor(
    options: LinkOptions,
    private readonly handlers: LinkHandlers,
  ) {
    this.#heartbeat = new Heartbeat(options.clock, {
      silent: () => handlers.silent(),
      dead: () => this.#giveUp('no answer to a ping'),
    });
    this.#cancelConnectTimeout = options.clock.after(options.connectTimeoutMs, () => this.#giveUp('no welcome in time'));
    const { url, credential } = options;
    this.#socket = new options.webSocket(urlWith(url, credential), subprotocols(credential));
    this.#socket.onopen = () => {
      this.#opened = true;
    };
    this.#socket.onmessage = (event: { readonly data: unknown }) => this.#received(event.data);
    this.#socket.onclose = (event: { readonly code: number; readonly reason: string }) => this.#end(event.code, event.reason);
    // The close event that always follows says more; the error event only must not go unheard.
    this.#socket.onerror = () => undefined;
  }

  get writable(): boolean {
    return !this.#ended && this.#socket.readyState === OPEN;
  }

  /** Answers false where the socket takes nothing any more. */
  send(text: string): boolean {
    if (!this.writable) return false;
    try {
      this.#socket.send(text);
    } catch {
      return false;
    }
    return true;
  }

  /** Asks for a sign of life now. */
  probe(): void {
    this.#heartbeat.probe();
  }

  /** Closes with 1000 and forgets the socket at once: a dead network would keep its close event for minutes. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
  }

  #received(payload: unknown): void {
    if (this.#ended) return;
    this.#heartbeat.heard();
    const frame = decodeServerFrame(payload);
    if (frame.kind === 'welcome') {
      this.#cancelConnectTimeout();
      this.#heartbeat.start(frame.welcome.pingIntervalMs > 0 ? frame.welcome.pingIntervalMs : DEFAULT_PING_INTERVAL_MS);
    }
    this.handlers.frame(frame);
  }

  #giveUp(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
    this.handlers.ended({ code: 1006, reason, opened: this.#opened });
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat.stop();
    this.#cancelConnectTimeout();
    this.handlers.ended({ code, reason, opened: this.#opened });
  }

  #release(): void {
    this.#heartbeat.stop();
    this.#cancelConnectTimeout();
    this.#socket.close(1000);
  }
}

/** A ticket is worth one upgrade, so it may stand where logs keep it (docs/protocol.md, "Tokens at the upgrade"). */
function urlWith(url: string, { kind, text }: Credential): string {
  return kind === 'ticket' ? `${url}&ticket=${encodeURIComponent(text)}` : url;
}
