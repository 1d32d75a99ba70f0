import { type Command, Option } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

interface ConnectionsOptions {
  readonly state: string;
  readonly sort?: string;
  readonly limit: number;
  readonly user?: string;
  readonly topic?: string;
  readonly ref?: string;
  readonly address?: string;
}

/** What is printed of `GET ops/connections`; the rest is in `--json`. */
interface ConnectionItem {
  readonly ref: string;
  readonly user?: string;
  readonly state: string;
  readonly address: string;
  readonly client?: string;
  readonly age_ms: number;
  readonly rtt_ms?: number;
  readonly queued_bytes: number;
  readonly topics: readonly string[];
  readonly close?: { readonly code: number; readonly reason: string };
}

export function addConnectionsCommand(program: Command, context: CommandContext): void {
  program
    .command('connections')
    .description('List connections, with the API key')
    .addOption(new Option('--state <state>', 'which of them').choices(['open', 'closed', 'all']).default('open'))
    .option('--sort <field>', 'a field of --json, with - before it for the greatest first')
    .option('--limit <number>', 'most lines', wholeNumber, 50)
    .option('-u, --user <id>', 'only of this user')
    .option('-t, --topic <name>', 'only those subscribed to this topic')
    .option('--ref <ref>', 'only the one with this support ref')
    .option('--address <address>', 'only from this address')
    .addHelpText(
      'after',
      `
Examples:
  waybill connections --sort -queued_bytes
  waybill connections --state closed --user alice --json`,
    )
    .action(async ({ state, limit, ...filters }: ConnectionsOptions) => {
      const query = new URLSearchParams({ state, limit: String(limit) });
      for (const [name, value] of Object.entries(filters)) query.set(name, value);
      const page = (await context.gateway().call({ path: `ops/connections?${query.toString()}` })) as {
        readonly items: readonly ConnectionItem[];
      };
      if (context.wantsJson()) return context.terminal.json(page);
      if (page.items.length === 0) return context.terminal.say('No connections.');
      for (const row of table(
        ['REF', 'USER', 'STATE', 'AGE', 'RTT', 'QUEUED', 'TOPICS', 'ADDRESS', 'CLIENT', 'CLOSE'],
        page.items.map(cells),
      )) {
        context.terminal.result(row);
      }
    });
}

function cells(item: ConnectionItem): readonly string[] {
  return [
    item.ref,
    item.user ?? '-',
    item.state,
    `${Math.round(item.age_ms / 1_000)} s`,
    item.rtt_ms === undefined ? '-' : `${Math.round(item.rtt_ms)} ms`,
    `${item.queued_bytes} B`,
    String(item.topics.length),
    item.address,
    item.client ?? '-',
    item.close === undefined ? '-' : `${item.close.code} ${item.close.reason}`,
  ];
}
