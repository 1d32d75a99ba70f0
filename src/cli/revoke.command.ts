import type { Command } from 'commander';
import { timestamp } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';

interface RevokeOptions {
  readonly user?: string;
  readonly tokenId?: string;
  readonly issuedBefore?: number;
  readonly reason?: string;
}

export function addRevokeCommand(program: Command, context: CommandContext): void {
  program
    .command('revoke')
    .description('Revoke tokens and close the connections that came with them, with the API key')
    .option('-u, --user <id>', 'the tokens of this user')
    .option('--token-id <jti>', 'the one token with this id')
    .option(
      '--issued-before <time>',
      "only tokens issued before then (ISO 8601, or milliseconds since 1970); without --user everybody's",
      timestamp,
    )
    .option('--reason <text>', 'why, for the audit trail and the log')
    .addHelpText(
      'after',
      `
Examples:
  waybill revoke --user alice --reason 'lost phone'
  waybill revoke --token-id 3d0e2a9c-5a53-4c53-9d0e-0e5c1b8d3a11
  waybill revoke --issued-before 2026-01-31T12:00:00Z --reason 'secret leaked'`,
    )
    .action(async ({ user, tokenId, issuedBefore, reason }: RevokeOptions) => {
      if (user === undefined && tokenId === undefined && issuedBefore === undefined)
        throw new UsageError('Say whose tokens: --user, --token-id or --issued-before.');
      const made = (await context.gateway().call({
        method: 'POST',
        path: 'auth/revocations',
        body: { user, token_id: tokenId, issued_before: issuedBefore, reason },
      })) as { readonly id: string; readonly expires_at: number };
      if (context.wantsJson()) context.terminal.json(made);
      else context.terminal.result(`Revoked (${made.id}); kept until ${new Date(made.expires_at).toISOString()}.`);
    });
}
