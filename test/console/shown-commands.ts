import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CommandLine } from '../support/command-line.js';
import type { TestGateway } from '../support/gateway.js';

const execute = promisify(execFile);
/** Stands in commands for an id that the screen does not know. */
const PLACEHOLDER = 'MSG_ID';
/** Follows what happens until it is interrupted; it says this first. */
const ENDLESS = { command: /^waybill tail /, says: /./ };
/** Ask before they do something that nobody here wants; they have looked by then. */
const ASKING = /^waybill drain (?:--node \S+ )?--over/;
/** A node looks into itself for one asker at a time. */
const ONE_AT_A_TIME = /diagnos/;
/** Exit code of checks that found something: an answer like any other. */
const ANSWERED: ReadonlySet<number> = new Set([0, 1]);
const NOT_CONFIRMED = 2;
/** A CPU profile takes ten seconds, and others run beside it. */
const LONGEST_MS = 60_000;
const OK_BELOW = 400;

/** What a shell makes of a line that has no quotes but single ones, and backslashes between them. */
export function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|\\(.)/g, (_whole, quoted: string | undefined, escaped: string | undefined) => quoted ?? escaped ?? ''),
  );
}

/** Runs commands as screens show them; `messageId`: of a message that there is. Answers what did not work. */
export async function failuresOf(lines: readonly string[], gateway: TestGateway, messageId: string): Promise<readonly string[]> {
  const failureOf = async (shown: string): Promise<readonly string[]> => {
    const line = shown.replaceAll(PLACEHOLDER, messageId);
    const ended = line.startsWith('curl ') ? curlProblem(line, gateway) : problemOf(line, gateway);
    const problem = await Promise.race([ended, delay(LONGEST_MS, `has not ended after ${LONGEST_MS} ms`, { ref: false })]);
    return problem === undefined ? [] : [`${line}: ${problem}`];
  };
  const failures = [...(await Promise.all(lines.filter((line) => !ONE_AT_A_TIME.test(line)).map(failureOf)))];
  for (const line of lines.filter((each) => ONE_AT_A_TIME.test(each))) failures.push(await failureOf(line));
  return failures.flat();
}

async function curlProblem(line: string, gateway: TestGateway): Promise<string | undefined> {
  const asked = `${line} --silent --show-error --max-time 30 --output /dev/null --write-out '%{http_code}'`;
  const { stdout } = await execute('sh', ['-c', asked], { env: { ...process.env, WAYBILL_API_KEY: gateway.apiKey } });
  return Number(stdout) < OK_BELOW ? undefined : `answered with ${stdout}`;
}

async function problemOf(line: string, gateway: TestGateway): Promise<string | undefined> {
  const argv = ['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', gateway.apiKey, ...wordsOf(line).slice(1)];
  const command = new CommandLine(argv, ASKING.test(line) ? 'no\n' : '');
  if (ENDLESS.command.test(line)) {
    await Promise.race([command.saysOf(ENDLESS.says), command.saysOf(ENDLESS.says, 'out'), command.exit]);
    command.interrupt();
  }
  const exit = await command.exit;
  if (ASKING.test(line) ? exit === NOT_CONFIRMED : ANSWERED.has(exit) && !/^waybill: [A-Z_]+: /m.test(command.err)) return undefined;
  return `ended with ${exit}: ${command.err}`;
}
