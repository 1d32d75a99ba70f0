import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

/** What is printed of `GET ops/slow`. */
interface SlowItem {
  readonly ref: string;
  readonly user?: string;
  readonly node: string;
  readonly address: string;
  readonly client?: string;
  readonly age_ms: number;
  readonly rtt_ms?: number;
  readonly queued_bytes: number;
  readonly queued_frames: number;
  readonly queued_ms?: number;
  readonly topics: readonly string[];
}

interface SlowList {
  readonly items: readonly SlowItem[];
  readonly total: number;
  readonly queued_bytes: number;
}

const KIB = 1_024;

export function addSlowCommand(program: Command, context: CommandContext): void {
  program
    .command('slow')
    .description('List the clients that do not take what is sent as fast as it comes, with the API key')
    .option('--limit <number>', 'most lines', wholeNumber, 50)
    .addHelpText(
      'after',
      `
Those for which something has waited longest come first. A few that come and go are ordinary; one that stays is ended with 4408
when its queue is over gateway.queueBytes or gateway.queueMessages, or with 4450 when no byte moves for gateway.writeStallMs.

Examples:
  waybill slow
  waybill slow --json`,
    )
    .action(async ({ limit }: { readonly limit: number }) => {
      const list = (await context.gateway().call({ path: `ops/slow?limit=${limit}` })) as SlowList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (list.total === 0) return context.terminal.say('No client is slow.');
      context.terminal.say(`${list.total} slow, for which ${Math.ceil(list.queued_bytes / KIB)} KiB wait.`);
      for (const row of table(
        ['REF', 'USER', 'NODE', 'WAITED', 'QUEUED', 'FRAMES', 'RTT', 'AGE', 'ADDRESS', 'CLIENT', 'TOPICS'],
        list.items.map(cells),
      ))
        context.terminal.result(row);
    });
}

function cells(item: SlowItem): readonly string[] {
  return [
    item.ref,
    item.user ?? '-',
    item.node,
    item.queued_ms === undefined ? '-' : `${(item.queued_ms / 1_000).toFixed(1)} s`,
    `${Math.ceil(item.queued_bytes / KIB)} KiB`,
    String(item.queued_frames),
    item.rtt_ms === undefined ? '-' : `${Math.round(item.rtt_ms)} ms`,
    `${Math.round(item.age_ms / 1_000)} s`,
    item.address,
    item.client ?? '-',
    item.topics.join(' '),
  ];
}
