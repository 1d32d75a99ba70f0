/**
 * A collector of http/protobuf that does as it is told: takes what comes, accepts it and never answers, or is gone from its port. It counts
 * the spans that it took and looks at nothing else, because its CPU time is taken from the gateway's.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spanCount } from '../../test/support/otlp-spans.ts';
import type { CollectorFacts, Manner } from './manner.ts';

const HOST = '127.0.0.1';

let manner: Manner = 'healthy';
let port = 0;
let spans = 0;
/** Answers that are owed: whoever waits for them may go on when the manner changes. */
const held = new Set<ServerResponse>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (manner === 'hanging') {
      held.add(response);
      response.once('close', () => held.delete(response));
      return;
    }
    spans += spanCount(Buffer.concat(chunks));
    response.writeHead(200).end();
  });
});

process.once('disconnect', () => process.exit(0));
process.on('message', (wanted: Manner) => {
  void become(wanted).then((facts) => process.send?.(facts));
});

async function become(wanted: Manner): Promise<CollectorFacts> {
  manner = wanted;
  if (wanted === 'gone' && server.listening) {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
  if (wanted !== 'gone' && !server.listening) {
    server.listen(port, HOST);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }
  return { url: `http://${HOST}:${port}`, spans };
}
