import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

interface BlockOptions {
  readonly for?: number;
  readonly reason?: string;
}

/** What is printed of `GET auth/blocks`. */
interface BlockList {
  readonly items: readonly {
    readonly user: string;
    readonly reason: string;
    readonly created_by: string;
    readonly created_at: number;
    readonly expires_at?: number;
  }[];
  readonly next?: string;
}

export function addBlockCommands(program: Command, context: CommandContext): void {
  program
    .command('block <user>')
    .description('Keep a user out and close their connections, with the API key')
    .option('--for <seconds>', 'for how long; default: until unblock', wholeNumber)
    .option('--reason <text>', 'why, for the audit trail and the log')
    .addHelpText(
      'after',
      `
Examples:
  waybill block alice --for 3600 --reason 'flooding'
  waybill unblock alice`,
    )
    .action(async (user: string, options: BlockOptions) => {
      const made = (await context.gateway().call({
        method: 'POST',
        path: 'auth/blocks',
        body: { user, ttl_s: options.for, reason: options.reason },
      })) as { readonly expires_at?: number };
      if (context.wantsJson()) return context.terminal.json(made);
      const until = made.expires_at === undefined ? '' : ` until ${new Date(made.expires_at).toISOString()}`;
      context.terminal.result(`${user} is blocked${until}.`);
    });
  program
    .command('unblock <user>')
    .description('Let a blocked user in again, with the API key')
    .action(async (user: string) => {
      const taken = await context.gateway().call({ method: 'DELETE', path: `auth/blocks/${encodeURIComponent(user)}` });
      if (context.wantsJson()) context.terminal.json(taken);
      else context.terminal.result(`${user} is not blocked any more.`);
    });
  program
    .command('blocks')
    .description('List blocked users, the latest first, with the API key')
    .option('-u, --user <id>', 'only this user')
    .option('--limit <number>', 'most lines', wholeNumber, 100)
    .option('--cursor <text>', 'those after the ones that another call has shown')
    .addHelpText(
      'after',
      `
Examples:
  waybill blocks
  waybill blocks --user alice --json`,
    )
    .action(async (options: Readonly<Record<string, string | number | undefined>>) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(options)) if (value !== undefined) query.set(name, String(value));
      const list = (await context.gateway().call({ path: `auth/blocks?${query.toString()}` })) as BlockList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (list.items.length === 0) return context.terminal.say('Nobody is blocked.');
      for (const row of table(['USER', 'SINCE', 'UNTIL', 'BY', 'WHY'], list.items.map(cells))) context.terminal.result(row);
      if (list.next !== undefined) context.terminal.say(`There are more: --limit, or --cursor ${list.next}`);
    });
}

function cells({ user, reason, created_by: by, created_at: since, expires_at: until }: BlockList['items'][number]): readonly string[] {
  return [user, new Date(since).toISOString(), until === undefined ? 'unblocked' : new Date(until).toISOString(), by, reason || '-'];
}
