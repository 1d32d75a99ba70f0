import { once } from 'node:events';
import { connect } from 'node:net';
import { endOfValue } from './resp.js';

/** Gives Redis one command, past every client library; answers its reply as it came. */
export async function redisCommand(port: number, command: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    socket.write(`${command}\r\n`);
    let reply: Buffer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      reply = Buffer.concat([reply, chunk]);
      if (endOfValue(reply) !== undefined) break;
    }
    return reply.toString();
  } finally {
    socket.destroy();
  }
}
