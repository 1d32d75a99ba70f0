import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { duration, wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { confirmBy } from './confirm.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';

const LOOK_EVERY_MS = 500;

interface DisconnectOptions {
  readonly connection?: string;
  readonly user?: string;
  readonly address?: string;
  readonly client?: string;
  readonly topic?: string;
  readonly olderThan?: number;
  readonly all?: true;
  readonly rate?: number;
  readonly forGood?: true;
  readonly reason?: string;
  readonly preview?: true;
  readonly confirm?: number;
}

/** What is printed of a preview. */
interface Preview {
  readonly count: number;
  readonly takes_s: number;
  readonly examples: readonly {
    readonly ref: string;
    readonly user?: string;
    readonly address: string;
    readonly client?: string;
    readonly age_ms: number;
  }[];
}

/** What is printed of a run. */
interface Progress {
  readonly id: string;
  readonly state: 'running' | 'done' | 'stopped';
  readonly by: string;
  readonly filter: Readonly<Record<string, string | number>>;
  readonly code: number;
  readonly started_at: number;
  readonly matched: number;
  readonly closed: number;
  readonly gone: number;
  readonly left: number;
}

export function addDisconnectCommands(program: Command, context: CommandContext): void {
  program
    .command('disconnect')
    .description('Disconnect one connection, or all of a user, client, address or topic, which are shown first; with the API key')
    .option('-c, --connection <id>', 'this one, by its id or support ref; does not ask')
    .option('-u, --user <id>', 'of this user')
    .option('--client <name>', 'of this client, such as kiosk or kiosk/2.1')
    .option('--address <address>', 'from this address')
    .option('--topic <topic>', 'subscribed to this topic')
    .option('--older-than <time>', 'open for at least so long, such as 2h', duration)
    .option('--all', 'everybody')
    .option('--rate <number>', 'connections in a second (100)', wholeNumber)
    .option('--for-good', 'clients may not return (4500 instead of 4400)')
    .option('--reason <text>', 'sent to the clients')
    .option('--preview', 'only show who is meant')
    .option('--confirm <count>', 'do not ask: the count that a preview showed', wholeNumber)
    .addHelpText(
      'after',
      `
Asks for the number of connections to be typed, unless it is one by name, and follows to the end. Interrupting this command stops the run; what was closed stays closed.

Examples:
  waybill disconnect --connection 7KQ2-M9XD --reason 'please sign in again'
  waybill disconnect --client kiosk/2.1 --preview
  waybill disconnect --client kiosk/2.1 --rate 20 --reason 'please update'
  waybill disconnect --all --older-than 1d`,
    )
    .action((options: DisconnectOptions) =>
      options.connection === undefined ? disconnect(options, context) : disconnectOne(options.connection, options, context),
    );
  program
    .command('disconnects')
    .description('List the runs of disconnect, or stop one, with the API key')
    .option('--stop <id>', 'stop this one')
    .addHelpText(
      'after',
      `
Examples:
  waybill disconnects
  waybill disconnects --stop 5b0c7f21a9d4`,
    )
    .action(async ({ stop }: { readonly stop?: string }) => {
      if (stop !== undefined) return show([(await context.gateway().call({ method: 'DELETE', path: pathOf(stop) })) as Progress], context);
      show(((await context.gateway().call({ path: 'ops/disconnects' })) as { readonly items: readonly Progress[] }).items, context);
    });
}

/** Finds the connection by whatever name it was given, and ends it. */
async function disconnectOne(name: string, options: DisconnectOptions, context: CommandContext): Promise<void> {
  const { forGood, reason, all, rate, preview, confirm } = options;
  if (Object.keys(filterOf(options)).length > 0 || [all, rate, preview, confirm].some((given) => given !== undefined))
    throw new UsageError('--connection is one connection: only --reason and --for-good go with it.');
  const { id } = (await context.gateway().call({ path: `ops/connections/${encodeURIComponent(name)}` })) as { readonly id: string };
  const query = new URLSearchParams({ return: forGood === true ? 'forbidden' : 'allowed' });
  if (reason !== undefined) query.set('reason', reason);
  const done = (await context.gateway().call({ method: 'DELETE', path: `ops/connections/${id}?${query.toString()}` })) as {
    readonly code: number;
  };
  if (context.wantsJson()) return context.terminal.json(done);
  context.terminal.result(`${name} was closed with ${done.code}; its client ${forGood === true ? 'must not come back' : 'may come back'}.`);
}

async function disconnect(options: DisconnectOptions, context: CommandContext): Promise<void> {
  const { all, rate, forGood, reason, preview, confirm } = options;
  const filter = filterOf(options);
  if (Object.keys(filter).length === 0 && all !== true)
    throw new UsageError('Say whom: --connection, --user, --client, --address, --topic, --older-than, or --all.');
  const named = Object.keys(filter).length > 0;
  const body = {
    filter,
    ...(named ? {} : { all: true }),
    ...(rate === undefined ? {} : { rate_per_s: rate }),
    ...(forGood === true ? { reconnect: false } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
  let count = confirm;
  if (count === undefined || preview === true) {
    const seen = (await context.gateway().call({ method: 'POST', path: 'ops/disconnects', body: { ...body, preview: true } })) as Preview;
    if (preview === true && context.wantsJson()) return context.terminal.json(seen);
    const lines = previewLines(seen);
    if (preview === true) return lines.forEach((line) => context.terminal.result(line));
    for (const line of lines) context.terminal.say(line);
    if (seen.count === 0) return;
    await confirmBy(String(seen.count), 'the number of connections', context);
    count = seen.count;
  }
  const run = (await context.gateway().call({ method: 'POST', path: 'ops/disconnects', body: { ...body, confirm: count } })) as Progress;
  await follow(run, context);
}

function filterOf({ user, address, client, topic, olderThan }: DisconnectOptions): Readonly<Record<string, string | number>> {
  const members = { user, address, client, topic, older_than_s: olderThan };
  return Object.fromEntries(Object.entries(members).filter((member): member is [string, string | number] => member[1] !== undefined));
}

async function follow(run: Progress, context: CommandContext): Promise<void> {
  const { interrupted } = context;
  let now = run;
  while (now.state === 'running') {
    await sleep(LOOK_EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined);
    if (interrupted.aborted) {
      await context.gateway().call({ method: 'DELETE', path: pathOf(run.id) });
      context.terminal.say('Stopped.');
    }
    now = (await context.gateway().call({ path: pathOf(run.id) })) as Progress;
    if (interrupted.aborted) break;
  }
  if (context.wantsJson()) return context.terminal.json(now);
  context.terminal.result(
    `${now.closed} of ${now.matched} were closed with ${now.code}; ${now.gone} had left by themselves, ${now.left} are left alone.`,
  );
}

function previewLines({ count, takes_s: takes, examples }: Preview): readonly string[] {
  if (count === 0) return ['No connection matches.'];
  return [
    `${count === 1 ? '1 connection matches; closing it' : `${count} connections match; closing them`} takes about ${takes} s. ${examples.length < count ? `The ${examples.length} oldest:` : 'They are:'}`,
    ...table(
      ['REF', 'USER', 'ADDRESS', 'CLIENT', 'AGE'],
      examples.map(({ ref, user, address, client, age_ms: age }) => [
        ref,
        user ?? '-',
        address,
        client ?? '-',
        `${Math.round(age / 1_000)} s`,
      ]),
    ),
  ];
}

function show(runs: readonly Progress[], context: CommandContext): void {
  if (context.wantsJson()) return runs.forEach((run) => context.terminal.json(run));
  if (runs.length === 0) return context.terminal.say('Nobody has disconnected many connections of this node since its start.');
  const rows = runs.map(({ id, state, by, filter, started_at: at, matched, closed, left }) => [
    id,
    state,
    by,
    new Date(at).toISOString(),
    String(matched),
    String(closed),
    String(left),
    Object.entries(filter)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ') || 'everybody',
  ]);
  for (const row of table(['ID', 'STATE', 'BY', 'SINCE', 'MATCHED', 'CLOSED', 'LEFT', 'WHOM'], rows)) context.terminal.result(row);
}

function pathOf(id: string): string {
  return `ops/disconnects/${encodeURIComponent(id)}`;
}
