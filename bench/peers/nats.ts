/** A NATS server with its WebSocket listener: `nats.ts <program> <directory>`. Its own pings are off; nothing else is changed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../test/support/ports.ts';
import { serveForeign } from './foreign-server.ts';

const [program = '', directory = ''] = process.argv.slice(2);
const [clientPort = 0, webSocketPort = 0] = await freePorts(2);
const configuration = join(directory, 'nats.conf');
writeFileSync(
  configuration,
  `host: 127.0.0.1
port: ${clientPort}
websocket { host: 127.0.0.1, port: ${webSocketPort}, no_tls: true }
ping_interval: "1h"
log_file: "${join(directory, 'nats.log')}"
`,
);
await serveForeign(program, ['--config', configuration], webSocketPort);
