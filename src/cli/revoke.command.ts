import { type Command, Option } from 'commander';
import { timestamp, wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';

interface RevokeOptions {
  readonly user?: string;
  readonly tokenId?: string;
  readonly issuedBefore?: number;
  readonly reason?: string;
}

/** What is printed of `GET auth/revocations`. */
interface RevocationList {
  readonly items: readonly RevocationItem[];
  readonly next?: string;
}

interface RevocationItem {
  readonly id: string;
  readonly kind: string;
  readonly token_id?: string;
  readonly user?: string;
  readonly issued_before?: number;
  readonly reason: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly expires_at: number;
}

const KINDS = ['token', 'user', 'everyone', 'renewed'];

export function addRevokeCommands(program: Command, context: CommandContext): void {
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
  program
    .command('revocations')
    .description('List the revocations in force, the latest first, or take one back, with the API key')
    .addOption(new Option('--kind <kind>', 'only these; those of renewed tokens are listed only when asked for').choices(KINDS))
    .option('-u, --user <id>', 'only those of this user')
    .option('--limit <number>', 'most lines', wholeNumber, 100)
    .option('--cursor <text>', 'those after the ones that another call has shown')
    .option('--take-back <id>', 'accept tokens again that this one had revoked')
    .addHelpText(
      'after',
      `
Examples:
  waybill revocations
  waybill revocations --user alice
  waybill revocations --take-back 3d0e2a9c-5a53-4c53-9d0e-0e5c1b8d3a11`,
    )
    .action(async ({ takeBack, ...filters }: { readonly takeBack?: string } & Readonly<Record<string, string | number | undefined>>) => {
      if (takeBack !== undefined) {
        const taken = await context.gateway().call({ method: 'DELETE', path: `auth/revocations/${encodeURIComponent(takeBack)}` });
        return context.wantsJson() ? context.terminal.json(taken) : context.terminal.result(`${takeBack} is taken back.`);
      }
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, String(value));
      const list = (await context.gateway().call({ path: `auth/revocations?${query.toString()}` })) as RevocationList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (list.items.length === 0) return context.terminal.say('No revocation is in force.');
      for (const row of table(['ID', 'WHOSE', 'ISSUED BEFORE', 'SINCE', 'KEPT UNTIL', 'BY', 'WHY'], list.items.map(cells)))
        context.terminal.result(row);
      if (list.next !== undefined) context.terminal.say(`There are more: --limit, or --cursor ${list.next}`);
    });
}

function cells(item: RevocationItem): readonly string[] {
  const { id, kind, token_id: token, user, issued_before: before, created_by: by, created_at: since, expires_at: until, reason } = item;
  const whose = token !== undefined ? `token ${token}` : user !== undefined ? `user ${user}` : kind;
  return [id, whose, moment(before), moment(since), moment(until), by, reason || '-'];
}

function moment(time: number | undefined): string {
  return time === undefined ? '-' : new Date(time).toISOString();
}
