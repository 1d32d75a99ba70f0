/**
 * A private Postgres for one benchmark, as a process of its own: the embedded server with the settings that the product gives it,
 * `fsync` included. It stops and removes the directory of the whole run when its standard input ends. Prints its facts as a line
 * of JSON when it is ready.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromBuild } from './built.ts';

/** Parent of the directory that holds everything of one run. */
const [parent = '.'] = process.argv.slice(2);
const directory = mkdtempSync(join(parent, 'waybill-bench-'));
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

const { EmbeddedPostgres } = await fromBuild('storage/embedded-postgres');
const server = new EmbeddedPostgres(join(directory, 'database'), { log: () => undefined, warn: complain, error: complain });
let ending: Promise<void> | undefined;

process.stdin.once('end', () => void (ending ??= end(0)));
process.stdin.once('error', () => void (ending ??= end(0)));
process.stdin.resume();

try {
  const url = await server.start();
  process.stdout.write(`${JSON.stringify({ url, pid: server.pid, directory })}\n`);
} catch (error) {
  complain(`The Postgres of the benchmark did not start: ${String(error)}`);
  await (ending ??= end(1));
}

async function end(code: number): Promise<void> {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
  process.exit(code);
}
