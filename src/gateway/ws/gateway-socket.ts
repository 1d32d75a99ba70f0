import type { Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';

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
export class GatewaySocket extends WebSocket {
  private listener: SocketListener | undefined;

  attach(listener: SocketListener, socket: Socket): void {
    this.listener = listener;
    this.on('message', onMessage);
    this.on('ping', onPing);
    this.on('pong', onPong);
    this.on('error', onError);
    this.on('close', onClose);
    const arrived = (): void => listener.arrived();
    socket.on('data', arrived);
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
    super.close(code, reason);
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
