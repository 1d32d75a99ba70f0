import { type Command, Option } from 'commander';
import { timestamp, wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import type { ConnectionItem } from './connection-story.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';

interface ConnectionsOptions {
  readonly state: string;
  readonly closed?: true;
  readonly all?: true;
  readonly sort?: string;
  readonly limit: number;
  readonly since?: number;
  readonly until?: number;
  readonly user?: string;
  readonly topic?: string;
  readonly ref?: string;
  readonly address?: string;
  readonly client?: string;
  readonly node?: string;
  readonly code?: number;
  readonly reason?: string;
}

/** What is printed of `GET ops/connections`; the rest is in `--json`. */
interface ConnectionList {
  readonly items: readonly ConnectionItem[];
  readonly next?: string;
  readonly complete: boolean;
  readonly why?: string;
}

export function addConnectionsCommand(program: Command, context: CommandContext): void {
  program
    .command('connections')
    .description('List connections, open or closed, with the API key')
    .addOption(new Option('--state <state>', 'which of them').choices(['open', 'closed', 'all']).default('open'))
    .addOption(new Option('--closed', 'those that ended, on any node, as long as they are recorded').conflicts('all'))
    .option('--all', 'open and closed ones')
    .option('--sort <field>', 'a field of --json, with - before it for the greatest first')
    .option('--limit <number>', 'most lines', wholeNumber, 50)
    .option('-u, --user <id>', 'only of this user')
    .option('-t, --topic <name>', 'only those subscribed to this topic')
    .option('--ref <ref>', 'only the one with this support ref')
    .option('--address <address>', 'only from this address')
    .option('--client <client>', 'only of this client: its name, or name/version')
    .option('--node <node>', 'only on this node')
    .option('--code <code>', 'only those closed with this code, such as 4408', wholeNumber)
    .option('--reason <text>', 'only those with this in their close reason')
    .option('--since <time>', 'only those open at or after this date', timestamp)
    .option('--until <time>', 'only those open at or before this date', timestamp)
    .addHelpText(
      'after',
      `
One of them as a story, with what happened before its end: waybill connection <ref>

Examples:
  waybill connections --sort -queued_bytes
  waybill connections --closed --user alice --since 2026-01-31T12:00Z
  waybill connections --all --ref 7kq2-m9xd --json`,
    )
    .action(async (options: ConnectionsOptions) => {
      const list = (await context.gateway().call({ path: `ops/connections?${queryOf(options).toString()}` })) as ConnectionList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (!list.complete) context.terminal.say(`Not all: ${list.why ?? 'some could not be looked up'}`);
      if (list.items.length === 0) return context.terminal.say('No connections.');
      for (const row of tableOf(list.items)) context.terminal.result(row);
      if (list.next !== undefined) context.terminal.say(`There are more than ${options.limit}: see --limit and the filters.`);
    });
}

function queryOf({ state, closed, all, since, until, ...rest }: ConnectionsOptions): URLSearchParams {
  if (state !== 'open' && (closed ?? all) === true) throw new UsageError('give --state, --closed or --all, not two of them');
  const query = new URLSearchParams({ state: closed === true ? 'closed' : all === true ? 'all' : state });
  for (const [name, value] of Object.entries({ ...rest, from: since, to: until })) if (value !== undefined) query.set(name, String(value));
  return query;
}

function tableOf(items: readonly ConnectionItem[]): readonly string[] {
  const head = ['REF', 'USER', 'NODE', 'STATE', 'AGE', 'RTT', 'QUEUED', 'TOPICS', 'ADDRESS', 'CLIENT', 'CLOSED AT', 'CLOSE'];
  return table(head, items.map(cells));
}

function cells(item: ConnectionItem): readonly string[] {
  return [
    item.ref,
    item.user ?? '-',
    item.node,
    item.state,
    `${Math.round(item.age_ms / 1_000)} s`,
    item.rtt_ms === undefined ? '-' : `${Math.round(item.rtt_ms)} ms`,
    `${item.queued_bytes} B`,
    String(item.topics.length),
    item.address,
    item.client ?? '-',
    item.closed_at === undefined ? '-' : new Date(item.closed_at).toISOString(),
    item.close === undefined ? '-' : `${item.close.code} ${item.close.reason}`,
  ];
}
