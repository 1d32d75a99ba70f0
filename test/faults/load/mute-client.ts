import { RawWebSocket, textFrameOf } from '../../support/raw-websocket.js';

const ASK_BYTES = 60_000;

/** A client of bytes that asks for much and reads nothing of it. */
export class MuteClient {
  private requests = 0;

  private constructor(private readonly raw: RawWebSocket) {}

  /** Connects, subscribes to the topics, and reads until that is answered; then it reads no more. */
  static async connect(port: number, token: string, topics: readonly string[]): Promise<MuteClient> {
    const raw = await RawWebSocket.connect(port, token);
    if (topics.length > 0) {
      raw.send(textFrameOf({ msg_id: 's', action: 'topic.subscribe', data: { topics: topics.map((topic) => ({ topic })) } }));
      await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 's'));
    }
    raw.socket.pause();
    return new MuteClient(raw);
  }

  /** Asks for an answer of some 60 kB, which belongs to this connection alone. */
  ask(): void {
    // The gateway may not read any more either; what waits here would only be this process's load.
    if (this.raw.ended || this.raw.socket.writableLength > ASK_BYTES) return;
    this.requests += 1;
    this.raw.send(textFrameOf({ msg_id: String(this.requests), action: 'ping', data: 'x'.repeat(ASK_BYTES) }));
  }

  /** Ends it as a process that dies does. */
  end(): void {
    this.raw.socket.destroy();
  }
}
