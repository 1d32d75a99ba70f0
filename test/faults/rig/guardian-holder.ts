/** Starts a Postgres of the rig, says which processes and which directory that are, and waits to be killed. */
import { tree } from './guardian.js';
import { PostgresProcess } from './postgres-process.js';

const server = await PostgresProcess.start();
process.stdout.write(`${JSON.stringify({ pids: tree(server.pid), directory: server.directory })}\n`);
setInterval(() => undefined, 60_000);
