import type { Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { Inflation, type InflationReader } from './inflation.js';

const DEFLATE = 'permessage-deflate';
/** No close frame came (RFC 6455 section 7.1.5). */
const ABNORMAL = 1006;

/** What a socket tells its connection. One object per connection instead of a closure per event. */
export interface SocketListener {
  received(data: Buffer, isBinary: boolean): void;
  pinged(data: Buffer): void;
  ponged(): void;
  /** Bytes came, whether or not they completed a frame; called after the frames they completed. */
  arrived(): void;
  /** The peer broke the protocol or a limit; nothing more will be read. The code says how. */
  failed(code: number): void;
  /** The peer's close frame came before ours. */
  peerClosing(): void;
  /** The TCP connection is gone. The code is the peer's, or 1006. */
  ended(code: number): void;
}

/** The `ws` socket of a connection: used for reading, pings, pongs and the close frame. `Outbound` writes everything else. */
export class GatewaySocket extends WebSocket implements InflationReader {
  private listener: SocketListener | undefined;
  private inflation: Inflation | undefined;

  /** Begins to read. `maxBytes` bounds what a compressed message becomes. */
  attach(listener: SocketListener, socket: Socket, maxBytes: number): void {
    this.listener = listener;
    if (this.isCompressed) this.inflation = this.ownInflation(maxBytes);
    this.on('message', onMessage);
    this.on('ping', onPing);
    this.on('pong', onPong);
    this.on('error', onError);
    this.on('close', onClose);
    const arrived = (): void => listener.arrived();
    socket.on('data', arrived);
    if (this.inflation !== undefined) socket.on('close', () => this.lost());
  }

  /** Compression was negotiated: either side may send compressed messages. */
  get isCompressed(): boolean {
    return this.extensions === DEFLATE;
  }

  override resume(): void {
    super.resume();
    this.inflation?.goOn();
  }

  /** A compressed message was refused. */
  refuse(code: number): void {
    this.listener?.failed(code);
  }

  /**
   * `ws` calls this itself: with a code alone when its receiver refused a frame, with what the peer's close frame held (or nothing)
   * when that came. Only the first is ours to explain to the peer before closing.
   */
  override close(code?: number, data?: string | Buffer): void {
    if (this.readyState !== WebSocket.OPEN || this.listener === undefined) super.close(code, data);
    else if (code !== undefined && data === undefined) this.listener.failed(code);
    else {
      this.listener.peerClosing();
      super.close(code, data);
    }
  }

  /** Sends our close frame; a peer that does not answer it in time is cut off. */
  closeWith(code: number, reason: string): void {
    this.inflation?.discard();
    super.close(code, reason);
  }

  /** Takes the place of the extension that the receiver of `ws` hands compressed frames to. `ws` has no public way to name another. */
  private ownInflation(maxBytes: number): Inflation {
    const { _extensions: extensions } = this as unknown as { readonly _extensions?: Record<string, unknown> };
    if (extensions?.[DEFLATE] === undefined) throw new Error('this version of ws keeps its extensions elsewhere');
    const inflation = new Inflation(maxBytes, this);
    extensions[DEFLATE] = inflation;
    return inflation;
  }

  /** The TCP connection is gone while a message waits: `ws` would wait for it before it says so. */
  private lost(): void {
    if (this.inflation?.isHolding !== true) return;
    this.listener?.ended(ABNORMAL);
    this.inflation.discard();
  }

  static listenerOf(socket: GatewaySocket): SocketListener | undefined {
    return socket.listener;
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  GatewaySocket.listenerOf(this as GatewaySocket)?.received(data as Buffer, isBinary);
}

function onPing(this: WebSocket, data: Buffer): void {
  GatewaySocket.listenerOf(this as GatewaySocket)?.pinged(data);
}

function onPong(this: WebSocket): void {
  GatewaySocket.listenerOf(this as GatewaySocket)?.ponged();
}

/** What went wrong is told by the close code; without a listener the event would end the process. */
function onError(): void {}

function onClose(this: WebSocket, code: number): void {
  GatewaySocket.listenerOf(this as GatewaySocket)?.ended(code);
}
