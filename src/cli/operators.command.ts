import { type Command, Argument, Option } from 'commander';
import type { CommandContext } from './command-context.js';
import { type NewPassword, newPassword } from './new-password.js';
import { table } from './table.js';

const ROLES = ['viewer', 'operator', 'admin'];

interface PasswordOptions {
  readonly passwordStdin?: boolean;
}

interface OperatorItem {
  readonly name: string;
  readonly role: string;
  readonly disabled: boolean;
  readonly created_at: number;
  readonly last_login_at?: number;
}

export function addOperatorsCommand(program: Command, context: CommandContext): void {
  const operators = program.command('operators').description('Accounts of the people who run the gateway, with the API key (scope admin)');
  operators
    .command('list')
    .description('List accounts')
    .action(async () => {
      const page = (await context.gateway().call({ path: 'ops/operators' })) as { readonly items: readonly OperatorItem[] };
      if (context.wantsJson()) return context.terminal.json(page);
      for (const row of table(['NAME', 'ROLE', 'STATE', 'CREATED', 'LAST SIGN-IN'], page.items.map(cells))) context.terminal.result(row);
    });
  operators
    .command('add')
    .description('Make an account; prints a password that it makes up')
    .argument('<name>', 'a-z 0-9 . _ @ -')
    .addOption(new Option('--role <role>', 'what they may do').choices(ROLES).default('viewer'))
    .option('--password-stdin', 'take the password from standard input instead')
    .action(async (name: string, { role, passwordStdin }: PasswordOptions & { readonly role: string }) => {
      const chosen = await newPassword(context, passwordStdin === true);
      const made = await context.gateway().call({ method: 'POST', path: 'ops/operators', body: { name, role, password: chosen.password } });
      tell(context, made, `${name} is a ${role} now.`, chosen);
    });
  operators
    .command('role')
    .description('Change the role of an account; its sessions end')
    .argument('<name>')
    .addArgument(new Argument('<role>').choices(ROLES))
    .action((name: string, role: string) => change(context, name, { role }, `${name} is a ${role} now.`));
  operators
    .command('password')
    .description('Set another password, for one that was lost; prints one that it makes up; the sessions of the account end')
    .argument('<name>')
    .option('--password-stdin', 'take the password from standard input instead')
    .action(async (name: string, { passwordStdin }: PasswordOptions) => {
      const chosen = await newPassword(context, passwordStdin === true);
      await change(context, name, { password: chosen.password }, `${name} has another password now.`, chosen);
    });
  operators
    .command('disable')
    .description('Let an account in no more; its sessions end')
    .argument('<name>')
    .action((name: string) => change(context, name, { disabled: true }, `${name} cannot sign in any more.`));
  operators
    .command('enable')
    .description('Let an account in again')
    .argument('<name>')
    .action((name: string) => change(context, name, { disabled: false }, `${name} can sign in again.`));
  operators
    .command('remove')
    .description('Remove an account and its sessions')
    .argument('<name>')
    .action(async (name: string) => {
      const removed = await context.gateway().call({ method: 'DELETE', path: pathOf(name) });
      tell(context, removed, `${name} is removed.`);
    });
}

async function change(context: CommandContext, name: string, body: object, said: string, chosen?: NewPassword): Promise<void> {
  tell(context, await context.gateway().call({ method: 'PATCH', path: pathOf(name), body }), said, chosen);
}

/** A password that was made up is the result; everything else is said about it. */
function tell(context: CommandContext, answer: unknown, said: string, chosen?: NewPassword): void {
  const shown = chosen?.generated === true ? { password: chosen.password } : {};
  if (context.wantsJson()) return context.terminal.json({ ...(answer as object), ...shown });
  context.terminal.say(chosen?.generated === true ? `${said} The password, shown this once:` : said);
  if (chosen?.generated === true) context.terminal.result(chosen.password);
}

function pathOf(name: string): string {
  return `ops/operators/${encodeURIComponent(name)}`;
}

function cells(item: OperatorItem): readonly string[] {
  return [item.name, item.role, item.disabled ? 'disabled' : 'enabled', moment(item.created_at), moment(item.last_login_at)];
}

function moment(time: number | undefined): string {
  return time === undefined ? '-' : new Date(time).toISOString();
}
