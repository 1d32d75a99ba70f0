/**
 * A process that holds an embedded Postgres, to be killed: `node --experimental-transform-types THIS DATA_DIR`. Prints one line
 * of JSON when it is up; stops in order when its standard input ends.
 */
import { registerHooks } from 'node:module';

const SOURCES = new URL('../../src/', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const isOurs = specifier.startsWith('./') && context.parentURL?.startsWith(SOURCES) === true;
    return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});

const { EmbeddedPostgres } = await import(new URL('../../src/storage/embedded-postgres.ts', import.meta.url).href);
const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
const server = new EmbeddedPostgres(process.argv[2], quiet);
try {
  const url = await server.start();
  process.stdout.write(`${JSON.stringify({ url, pid: server.pid })}\n`);
  process.stdin.on('end', () => void server.stop().then(() => process.exit(0)));
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
  process.exitCode = 1;
}
