import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.js';
import { Terminal } from '../../../src/cli/terminal.js';

const NOWHERE = { write: () => true };
const CODE = /```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g;

/** Command lines of `waybill` in a Markdown text: those of code blocks and those within a line. */
export function commandLinesIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(CODE)]
    .flatMap(([, block, inline]) => (block ?? inline ?? '').split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => /^(?:npx )?waybill(?: |$)/.test(line));
}

/** What of a command line does not exist: a command or an option; undefined where all does. */
export function unknownIn(line: string): string | undefined {
  const program = createProgram({
    terminal: new Terminal(NOWHERE, NOWHERE),
    stdin: process.stdin,
    interrupted: new AbortController().signal,
  });
  let command: Command = program;
  let expectsValue = false;
  const [, ...words] = line.replace(/^npx /, '').split(/\s+/);
  for (const [place, word] of words.entries()) {
    if (expectsValue) expectsValue = false;
    else if (word.startsWith('-')) {
      const option = [...command.options, ...program.options].find(({ long, short }) => long === word || short === word);
      if (option === undefined) return word;
      expectsValue = option.required || option.optional;
    } else {
      const next = command.commands.find((each) => each.name() === word);
      if (next !== undefined) command = next;
      else if (place === 0 || (command.commands.length > 0 && words[place - 1] === command.name())) return word;
    }
  }
  return undefined;
}
