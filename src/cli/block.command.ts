import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';

interface BlockOptions {
  readonly for?: number;
  readonly reason?: string;
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
}
