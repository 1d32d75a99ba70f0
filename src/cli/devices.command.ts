import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { confirm } from './confirm.js';
import { wholeNumber } from './arguments.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';

interface KeyOptions {
  readonly publicKey?: string;
  readonly hmac?: boolean;
}

interface AddOptions extends KeyOptions {
  readonly user?: string;
  readonly subscribe?: string[];
  readonly publish?: string[];
  readonly sendTo?: string[];
  readonly broadcast?: boolean;
  readonly role?: string[];
}

/** What is printed of a device; the rest is in `--json`. */
interface DeviceItem {
  readonly id: string;
  readonly user: string;
  readonly state: string;
  readonly last_seen_at?: number;
  readonly keys: readonly { readonly kind: string; readonly version: string; readonly expires_at?: number }[];
  /** The shared key, the one time it is shown. */
  readonly secret?: string;
}

export function addDevicesCommand(program: Command, context: CommandContext): void {
  const devices = program.command('devices').description('Devices that prove themselves with a key of their own, with the API key');
  addAdd(devices, context);
  addList(devices, context);
  addRotate(devices, context);
  addSwitches(devices, context);
  addRemove(devices, context);
}

function addAdd(devices: Command, context: CommandContext): void {
  devices
    .command('add')
    .description('Register a device')
    .argument('<id>', 'its name')
    .option('--public-key <file>', 'its Ed25519 public key, PEM or base64url; - reads standard input')
    .option('--hmac', 'make a shared key instead, and print it')
    .option('-u, --user <id>', 'whom its tokens stand for; default: device:<id>')
    .option('-s, --subscribe <pattern...>', 'topics it may read; * stands for any rest of a name')
    .option('-p, --publish <pattern...>', 'topics it may publish to')
    .option('--send-to <user...>', 'users it may send direct messages to')
    .option('--broadcast', 'may publish to everyone')
    .option('--role <name...>', 'roles that handlers see')
    .addHelpText(
      'after',
      `
Examples:
  openssl genpkey -algorithm ed25519 -out pump-7.pem
  openssl pkey -in pump-7.pem -pubout | waybill devices add pump-7 --public-key - --publish 'pumps.7'
  waybill devices add lamp-3 --hmac --subscribe 'lamps.*' > lamp-3.key`,
    )
    .action(async (id: string, options: AddOptions) => {
      const body = {
        id,
        ...(await keyOf(options, context)),
        topics: { subscribe: options.subscribe ?? [], publish: options.publish ?? [] },
        ...(options.user === undefined ? {} : { user: options.user }),
        ...(options.role === undefined ? {} : { roles: options.role }),
        ...(options.sendTo === undefined ? {} : { users: { send: options.sendTo } }),
        ...(options.broadcast === undefined ? {} : { broadcast: options.broadcast }),
      };
      const made = (await context.gateway().call({ method: 'POST', path: 'devices', body })) as DeviceItem;
      tellKey(made, `The device ${id} is registered`, context);
    });
}

function addList(devices: Command, context: CommandContext): void {
  devices
    .command('list')
    .description('List devices by their names')
    .option('--limit <number>', 'most lines', wholeNumber, 100)
    .option('--after <id>', 'only those behind this one')
    .action(async ({ limit, after }: { readonly limit: number; readonly after?: string }) => {
      const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { cursor: after }) });
      const page = (await context.gateway().call({ path: `devices?${query.toString()}` })) as {
        readonly items: readonly DeviceItem[];
        readonly next?: string;
      };
      if (context.wantsJson()) return context.terminal.json(page);
      if (page.items.length === 0) return context.terminal.say('No devices.');
      for (const row of table(['ID', 'USER', 'STATE', 'SEEN', 'KEYS'], page.items.map(cells))) context.terminal.result(row);
      if (page.next !== undefined) context.terminal.say(`There are more: --after ${page.next}`);
    });
}

function addRotate(devices: Command, context: CommandContext): void {
  devices
    .command('rotate')
    .description('Give a device another key; the present one goes on working for a while')
    .argument('<id>', 'its name')
    .option('--public-key <file>', 'its new Ed25519 public key, PEM or base64url; - reads standard input')
    .option('--hmac', 'make a new shared key, and print it')
    .action(async (id: string, options: KeyOptions) => {
      const body = await keyOf(options, context);
      const made = (await context.gateway().call({ method: 'POST', path: `devices/${encodeURIComponent(id)}/keys`, body })) as DeviceItem;
      const ends = made.keys.find(({ version }) => version === 'previous')?.expires_at;
      const until = ends === undefined ? '' : `; the old one works until ${new Date(ends).toISOString()}`;
      tellKey(made, `The device ${id} has another key${until}`, context);
    });
}

function addSwitches(devices: Command, context: CommandContext): void {
  for (const [name, description] of [
    ['disable', 'Disable a device: its sockets end, and its tokens are worth nothing'],
    ['enable', 'Enable a device again'],
  ] as const) {
    devices
      .command(name)
      .description(description)
      .argument('<id>', 'its name')
      .action(async (id: string) => {
        const device = await context.gateway().call({ method: 'POST', path: `devices/${encodeURIComponent(id)}/${name}` });
        if (context.wantsJson()) context.terminal.json(device);
        else context.terminal.say(`The device ${id} is ${name}d.`);
      });
  }
}

function addRemove(devices: Command, context: CommandContext): void {
  devices
    .command('remove')
    .description('Remove a device: its sockets end, and its tokens are worth nothing')
    .argument('<id>', 'its name')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, { yes }: { readonly yes?: boolean }) => {
      if (yes !== true) {
        context.terminal.say(`The device ${id} and its keys will be removed.`);
        await confirm(context);
      }
      const removed = await context.gateway().call({ method: 'DELETE', path: `devices/${encodeURIComponent(id)}` });
      if (context.wantsJson()) context.terminal.json(removed);
      else context.terminal.say(`The device ${id} is removed.`);
    });
}

async function keyOf({ publicKey, hmac }: KeyOptions, { stdin }: CommandContext): Promise<object> {
  if ((publicKey === undefined) === (hmac !== true)) throw new UsageError('Give either --public-key with a file, or --hmac.');
  if (publicKey === undefined) return { kind: 'hmac' };
  return { kind: 'ed25519', public_key: (await textOf(publicKey, stdin)).trim() };
}

async function textOf(file: string, stdin: NodeJS.ReadableStream): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8');
    const parts: string[] = [];
    for await (const part of stdin) parts.push(String(part));
    return parts.join('');
  } catch (error) {
    throw new UsageError(`The public key cannot be read: ${(error as Error).message}`);
  }
}

/** A shared key alone goes to standard output, so that it can be put into a file. */
function tellKey(made: DeviceItem, said: string, { terminal, wantsJson }: CommandContext): void {
  if (wantsJson()) return terminal.json(made);
  terminal.say(made.secret === undefined ? `${said}.` : `${said}. Its shared key is shown this once:`);
  if (made.secret !== undefined) terminal.result(made.secret);
}

function cells({ id, user, state, last_seen_at: seen, keys }: DeviceItem): readonly string[] {
  return [
    id,
    user,
    state,
    seen === undefined ? 'never' : new Date(seen).toISOString(),
    keys.map(({ kind, version }) => `${kind} (${version})`).join(', '),
  ];
}
