import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.js';
import { Terminal } from '../../cli/terminal.js';
import { SCHEMA } from '../../config/schema.js';

const WIDTH = 100;

const INTRODUCTION = `# Command line reference

\`npx waybill <command>\`. This is the help that the program itself prints: \`waybill --help\` and \`waybill <command> --help\`.
The options of \`waybill\` stand before or after the command's name. Results go to standard output, everything said about them to
standard error. The exit code tells a script how it went; the list is at the end of the first section.`;

/** docs/reference/cli.md: the help of the program and of each command. */
export function cliDocument(): string {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) };
  const program = createProgram({
    terminal: new Terminal(output, output),
    stdin: Readable.from([]),
    interrupted: new AbortController().signal,
  });
  // The program's own default follows the settings of whoever runs it.
  program.options.find(({ long }) => long === '--url')?.default(`http://127.0.0.1:${SCHEMA.server.port.default}`);
  const commands = [program, ...program.commands.flatMap((command) => [command, ...command.commands])];
  return `${[INTRODUCTION, ...commands.map((command) => section(command, written))].join('\n\n')}\n`;
}

function section(command: Command, written: string[]): string {
  command.configureHelp({ ...command.configureHelp(), helpWidth: WIDTH });
  command.outputHelp();
  const help = written.splice(0).join('').trimEnd();
  return `## ${nameOf(command)}\n\n\`\`\`text\n${help}\n\`\`\``;
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
