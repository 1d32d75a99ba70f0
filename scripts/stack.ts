/**
 * `npm run stack`: the services of docker-compose.yml as plain processes, with the same configuration files on ports of their own, until
 * Ctrl-C. `--check` sends traffic through them, asks each what it saw of it, prints a table and ends; `--replacements` lists what of the
 * configuration had to be changed.
 */
import { parseArgs } from 'node:util';
import { buildIfStale } from '../bench/rig/built.ts';
import { type CheckResult, runChecks } from './stack/checks.ts';
import { portsOf } from './stack/compose-file.ts';
import { Stack } from './stack/stack.ts';

const EXIT_BROKEN_OFF = 130;
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, replacements: { type: 'boolean', default: false } },
});

await buildIfStale();
const stack = await Stack.prepare();
const asked = Promise.withResolvers<undefined>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    process.exitCode = EXIT_BROKEN_OFF;
    asked.resolve(undefined);
  });
}
try {
  await Promise.race([run(), asked.promise]);
} finally {
  await stack.stop();
  print('Everything has ended.');
}

async function run(): Promise<void> {
  await stack.start(print);
  for (const { service, hint } of stack.leftOut) print(`${service.padEnd(15)} left out: ${hint}`);
  if (values.replacements)
    for (const { service, where, from, to } of stack.places.replacements) print(`${service}, ${where}: ${flat(from)} -> ${flat(to)}`);
  else print(`${stack.places.replacements.length} host names, ports and paths were replaced; --replacements lists them.`);
  if (!values.check) {
    for (const [name, service] of Object.entries(stack.services))
      if (stack.isRunning(name)) for (const { target } of portsOf(service)) print(`${name.padEnd(15)} ${stack.places.url(name, target)}`);
    print(`API key         ${stack.secrets['WAYBILL_API_KEY'] ?? ''}\nStop with Ctrl-C.`);
    await asked.promise;
    return;
  }
  const results = await runChecks(stack, show);
  const failed = results.filter(({ state }) => state === 'fails').length;
  print(
    `${results.filter(({ state }) => state === 'holds').length} hold, ${failed} fail, ${results.filter(({ state }) => state === 'left out').length} left out.`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

function show({ state, name, detail }: CheckResult): void {
  print(`${state.padEnd(8)}  ${name}\n          ${detail}`);
}

function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
