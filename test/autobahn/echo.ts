import { Module, type Type } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { Connection } from '../../src/gateway/ws/connection.js';
import { batchOf } from '../../src/messaging/frame.js';
import { textFrame } from '../../src/protocol/text-frame.js';

/** `?client=` of connections that are echoed. */
export const ECHO_CLIENT = 'autobahn';

/**
 * Turns connections of one client name into echoes: the Autobahn cases send what is no frame of this protocol. Everything below the
 * decoding stays the gateway's own: the upgrade, the frames, their limits, pings, the closing handshake, and the way out.
 */
@WebSocketGateway()
class Echo {
  handleConnection(connection: Connection): void {
    if (connection.facts.client !== ECHO_CLIENT) return;
    connection.inbound.receive = (text) => send(connection, textFrame(text));
    const received = connection.received.bind(connection);
    connection.received = (data, isBinary) => (isBinary ? send(connection, binaryFrame(data)) : received(data, false));
  }
}

function send(connection: Connection, bytes: Buffer): void {
  connection.outbound.offer(batchOf([{ bytes }]));
}

/** The frames of this protocol are text: this one differs from them in its opcode. */
function binaryFrame(data: Buffer): Buffer {
  const frame = Buffer.concat([textFrame('\0'.repeat(data.length)).subarray(0, -data.length || undefined), data]);
  frame[0] = 0x82;
  return frame;
}

@Module({ providers: [Echo] })
class Echoes {}

export const EchoModule: Type = Echoes;
