import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';

interface TokenOptions {
  readonly user: string;
  readonly subscribe?: string[];
  readonly publish?: string[];
  readonly sendTo?: string[];
  readonly broadcast?: boolean;
  readonly role?: string[];
  readonly ttl?: number;
}

export function addTokenCommand(program: Command, context: CommandContext): void {
  program
    .command('token')
    .description('Mint a token for a user, with the API key')
    .requiredOption('-u, --user <id>', 'whose token it is')
    .option('-s, --subscribe <pattern...>', 'topics it may read; * stands for any rest of a name')
    .option('-p, --publish <pattern...>', 'topics it may publish to')
    .option('--send-to <user...>', 'users it may send direct messages to')
    .option('--broadcast', 'may publish to everyone')
    .option('--role <name...>', 'roles that handlers see')
    .option('--ttl <seconds>', 'how long it lives', wholeNumber)
    .addHelpText(
      'after',
      `
Examples:
  waybill token --user alice --subscribe 'chat.*' --publish 'chat.*'
  TOKEN=$(waybill token --user alice --subscribe orders.42 --ttl 600)`,
    )
    .action(async (options: TokenOptions) => {
      const minted = await context.gateway().mint({
        user: options.user,
        topics: { subscribe: options.subscribe ?? [], publish: options.publish ?? [] },
        ...(options.role === undefined ? {} : { roles: options.role }),
        ...(options.sendTo === undefined ? {} : { users: { send: options.sendTo } }),
        ...(options.broadcast === undefined ? {} : { broadcast: options.broadcast }),
        ...(options.ttl === undefined ? {} : { ttl_s: options.ttl }),
      });
      if (context.wantsJson()) context.terminal.json(minted);
      else context.terminal.result(minted.token);
    });
}
