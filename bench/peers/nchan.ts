/** Nginx with the nchan module, one worker: `nchan.ts <nginx> <module> <directory>`. Subscribers and the publisher come by WebSocket. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/ports.ts';
import { serveForeign } from './foreign-server.ts';

/** As many as one run of any benchmark here connects, and some. */
const CONNECTIONS = 16_384;
/** Messages that a channel keeps for subscribers which are behind: more than are ever in flight. */
const BUFFERED = 100;

const [program = '', module = '', directory = ''] = process.argv.slice(2);
const port = await freePort();
const prefix = join(directory, 'nginx');
mkdirSync(prefix, { recursive: true });
const configuration = join(prefix, 'nginx.conf');
/** Only an administrator's nginx changes its user, and this directory is its own. */
const user = userInfo().uid === 0 ? 'user root;' : '';
writeFileSync(
  configuration,
  `load_module ${module};
${user}
daemon off;
worker_processes 1;
worker_rlimit_nofile ${CONNECTIONS + 1_024};
pid ${prefix}/nginx.pid;
error_log stderr crit;
events { worker_connections ${CONNECTIONS}; }
http {
  access_log off;
  client_body_temp_path ${prefix}/body;
  proxy_temp_path ${prefix}/proxy;
  fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi;
  scgi_temp_path ${prefix}/scgi;
  nchan_message_buffer_length ${BUFFERED};
  server {
    listen 127.0.0.1:${port};
    location = /subscribe { nchan_subscriber websocket; nchan_channel_id fan; nchan_subscriber_first_message newest; }
    location = /publish { nchan_publisher websocket; nchan_channel_id fan; }
  }
}
`,
);
await serveForeign(program, ['-p', prefix, '-c', configuration, '-e', 'stderr'], port);
