import { run } from './run.js';
import { Terminal } from './terminal.js';

const interruption = new AbortController();
const argv = process.argv.slice(2);
// A gateway has its own way to stop; every other command stops by closing what it opened.
if (argv[0] !== 'serve') {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
}
// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(argv, {
  terminal: new Terminal(process.stdout, process.stderr),
  stdin: process.stdin,
  interrupted: interruption.signal,
});
