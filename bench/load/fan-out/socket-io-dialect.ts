import type { Dialect, DialectOptions, Role, Step, Upgrade } from './dialect.ts';
import { numberedPayload } from './number-reader.ts';

/** Packets of Engine.IO 4, and those of Socket.IO 5 that travel in its messages. */
const PACKET = { open: '0{', ping: '2', pong: '3', connect: '40', connected: '40{', event: '42' } as const;

/** Socket.IO over its WebSocket transport alone. */
export class SocketIoDialect implements Dialect {
  readonly isBinary = false;
  readonly shortestDelivery: number;
  readonly streamedBytes = undefined;
  readonly #payloadBytes: number;

  constructor({ payloadBytes }: DialectOptions) {
    this.#payloadBytes = payloadBytes;
    this.shortestDelivery = payloadBytes;
  }

  /** Who subscribes says so in the query, which the server's program reads. */
  upgrade(role: Role): Upgrade {
    return { path: `/socket.io/?EIO=4&transport=websocket&role=${role}`, headers: {} };
  }

  steps(): readonly Step[] {
    return [
      { awaits: PACKET.open, says: PACKET.connect },
      { awaits: PACKET.connected, says: undefined },
    ];
  }

  publish(number: number): string {
    return `${PACKET.event}["publish",${numberedPayload(number, this.#payloadBytes)}]`;
  }

  answer(text: string): string | undefined {
    return text === PACKET.ping ? PACKET.pong : undefined;
  }
}
