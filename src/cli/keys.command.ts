import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';

const SCOPES = ['publish', 'read', 'tokens', 'ops', 'admin'];
const MS_PER_DAY = 86_400_000;
const DAY_S = 86_400;

interface KeyItem {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at?: number;
  readonly last_used_at?: number;
  readonly last_used_from?: string;
  readonly previous_until?: number;
  readonly revoked_at?: number;
}

export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('API keys, with an API key of scope admin');
  keys
    .command('list')
    .description('List API keys, without their secrets')
    .option('--all', 'those that were revoked too')
    .action(async ({ all }: { readonly all?: boolean }) => {
      const items = (await keysOf(context)).filter(({ revoked_at: revoked }) => all === true || revoked === undefined);
      if (context.wantsJson()) return context.terminal.json({ items });
      for (const row of table(['ID', 'NAME', 'SCOPES', 'STATE', 'LAST USED', 'FROM'], items.map(cells))) context.terminal.result(row);
    });
  keys
    .command('add')
    .description('Make an API key; prints it, this once')
    .argument('<name>', 'what publishes made with it are signed with: key:<name>')
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .option('--days <number>', 'how long it lives; without: until it is revoked', wholeNumber)
    .addHelpText('after', '\nExample:\n  waybill keys add shop --scope publish tokens --days 365')
    .action(async (name: string, { scope, days }: { readonly scope: readonly string[]; readonly days?: number }) => {
      const expiry = days === undefined ? {} : { expires_at: Date.now() + days * MS_PER_DAY };
      const made = await context.gateway().call({ method: 'POST', path: 'auth/keys', body: { name, scopes: scope, ...expiry } });
      tell(context, made, `The key ${name}, shown this once:`);
    });
  keys
    .command('rotate')
    .description('Give a key another secret; the one before goes on working for a while')
    .argument('<key>', 'name or id')
    .option('--overlap <seconds>', 'how long both work; 0: the one before stops at once', seconds, DAY_S)
    .action(async (key: string, { overlap }: { readonly overlap: number }) => {
      const { id, name } = await keyOf(context, key);
      const made = await context.gateway().call({ method: 'POST', path: `auth/keys/${id}/rotate`, body: { overlap_s: overlap } });
      const before = overlap === 0 ? 'the one before works no more' : `the one before works for ${overlap} s more`;
      tell(context, made, `The new secret of ${name}, shown this once; ${before}:`);
    });
  keys
    .command('revoke')
    .description('Revoke a key for good')
    .argument('<key>', 'name or id')
    .action(async (key: string) => {
      const { id, name } = await keyOf(context, key);
      const revoked = await context.gateway().call({ method: 'DELETE', path: `auth/keys/${id}` });
      if (context.wantsJson()) context.terminal.json(revoked);
      else context.terminal.say(`The key ${name} is revoked.`);
    });
}

async function keysOf(context: CommandContext): Promise<readonly KeyItem[]> {
  return ((await context.gateway().call({ path: 'auth/keys' })) as { readonly items: readonly KeyItem[] }).items;
}

/** Among keys in use a name stands for one key. */
async function keyOf(context: CommandContext, nameOrId: string): Promise<KeyItem> {
  const found = (await keysOf(context)).find(
    ({ id, name, revoked_at: revoked }) => revoked === undefined && (id === nameOrId || name === nameOrId),
  );
  if (found === undefined) throw new UsageError(`There is no key in use of the name or id "${nameOrId}"; waybill keys list shows them.`);
  return found;
}

function tell(context: CommandContext, made: unknown, said: string): void {
  if (context.wantsJson()) return context.terminal.json(made);
  context.terminal.say(said);
  context.terminal.result((made as { readonly key: string }).key);
}

function cells(item: KeyItem): readonly string[] {
  return [item.id, item.name, item.scopes.join(','), stateOf(item), moment(item.last_used_at), item.last_used_from ?? '-'];
}

function stateOf({ revoked_at: revoked, expires_at: expires, previous_until: overlap }: KeyItem): string {
  const now = Date.now();
  if (revoked !== undefined) return 'revoked';
  if (expires !== undefined && expires <= now) return 'expired';
  if (overlap !== undefined && overlap > now) return `two secrets until ${moment(overlap)}`;
  return expires === undefined ? 'in use' : `until ${moment(expires)}`;
}

function moment(time: number | undefined): string {
  return time === undefined ? '-' : new Date(time).toISOString();
}

function seconds(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number of seconds, or 0.');
  return number;
}
