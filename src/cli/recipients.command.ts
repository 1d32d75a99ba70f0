import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';
import { printable } from './terminal.js';
import { counted } from './words.js';

interface RecipientsOptions {
  readonly user?: string;
  readonly publisher?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** What is printed of `GET ops/recipients`. */
interface DryRun {
  readonly topic: string;
  readonly total: number;
  readonly users: number;
  readonly items: readonly {
    readonly user: string;
    readonly connection_id: string;
    readonly ref?: string;
    readonly node: string;
    readonly client?: string;
    readonly joining: boolean;
    readonly slow: boolean;
  }[];
  readonly may_publish?: { readonly allowed?: boolean; readonly detail: string };
  readonly next?: string;
}

export function addRecipientsCommand(program: Command, context: CommandContext): void {
  program
    .command('recipients <topic>')
    .description('Say who would receive a publish to a topic now, without publishing anything, with the API key')
    .option('-u, --user <id>', 'only connections of this user')
    .option('--publisher <name>', 'a user or key:<name>: also whether they may publish there, and by which rule')
    .option('--limit <number>', 'most lines', wholeNumber, 50)
    .option('--cursor <text>', 'the recipients after those that another call has shown')
    .addHelpText(
      'after',
      `
Examples:
  waybill recipients orders.42
  waybill recipients orders.42 --user alice
  waybill recipients orders.42 --publisher key:backend --json`,
    )
    .action(async (topic: string, options: RecipientsOptions) => {
      const query = new URLSearchParams({ topic });
      for (const [name, value] of Object.entries(options)) if (value !== undefined) query.set(name, String(value));
      const run = (await context.gateway().call({ path: `ops/recipients?${query.toString()}` })) as DryRun;
      if (context.wantsJson()) return context.terminal.json(run);
      for (const line of linesOf(run)) context.terminal.result(line);
      if (run.next !== undefined) context.terminal.say(`There are more: --limit, or --cursor ${run.next}`);
    });
}

function linesOf({ topic, total, users, items, may_publish: may }: DryRun): readonly string[] {
  const said =
    may === undefined
      ? []
      : [printable(`${may.allowed === true ? 'May publish' : may.allowed === false ? 'May not publish' : 'Not known'}: ${may.detail}`)];
  if (total === 0) return [...said, printable(`Nobody would receive a message published to ${topic} now.`)];
  return [
    ...said,
    printable(`A message published to ${topic} now would go to ${counted(total, 'connection')} of ${counted(users, 'user')}.`),
    ...table(
      ['USER', 'REF', 'NODE', 'CLIENT', 'STATE'],
      items.map(({ user, connection_id: id, ref, node, client, joining, slow }) => [
        user,
        ref ?? id,
        node,
        client ?? '-',
        joining ? 'catching up first' : slow ? 'slow: later than the others' : 'at once',
      ]),
    ),
  ];
}
