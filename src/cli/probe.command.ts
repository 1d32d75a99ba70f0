import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

/** What is printed of `GET ops/probes`. */
interface ProbeItem {
  readonly id: string;
  readonly user?: string;
  readonly topic?: string;
  readonly connection?: { readonly ref: string };
  readonly note?: string;
  readonly payload: boolean;
  readonly created_by: string;
  readonly state: string;
  readonly ends_at: number;
  readonly reason?: string;
  readonly records: number;
  readonly skipped: number;
}

export function addProbesCommand(program: Command, context: CommandContext): void {
  const probes = program.command('probes').description('List what is being watched on a gateway, and end it');
  probes
    .command('list', { isDefault: true })
    .description('Show the probes that run, and those that ended lately')
    .addHelpText(
      'after',
      `
Examples:
  waybill probes
  waybill probes end 5b0c7f21a9d4`,
    )
    .action(async () => {
      const { items } = (await context.gateway().call({ path: 'ops/probes' })) as { readonly items: readonly ProbeItem[] };
      if (context.wantsJson()) {
        for (const item of items) context.terminal.json(item);
        return;
      }
      if (items.length === 0) return context.terminal.say('Nothing is watched. "waybill tail" begins to.');
      const head = ['ID', 'WATCHES', 'STATE', 'UNTIL', 'EVENTS', 'SKIPPED', 'PAYLOAD', 'BY', 'NOTE'];
      for (const row of table(head, items.map(cells))) context.terminal.result(row);
    });
  probes
    .command('end')
    .argument('<id>', 'of the list')
    .description('End a probe; what it recorded can be read for a while')
    .action(async (id: string) => {
      const probe = (await context.gateway().call({ method: 'DELETE', path: `ops/probes/${encodeURIComponent(id)}` })) as ProbeItem;
      if (context.wantsJson()) return context.terminal.json(probe);
      context.terminal.say(`Probe ${probe.id} has ended; it recorded ${probe.records} events.`);
    });
}

function cells(item: ProbeItem): readonly string[] {
  const { id, user, topic, connection, note, payload, created_by: by, state, ends_at: until, reason, records, skipped } = item;
  const watches = user === undefined ? (topic === undefined ? `connection ${connection?.ref ?? '-'}` : `topic ${topic}`) : `user ${user}`;
  return [
    id,
    watches,
    reason === undefined ? state : `${state} (${reason})`,
    new Date(until).toISOString(),
    String(records),
    String(skipped),
    payload ? 'shown' : '-',
    by,
    note ?? '-',
  ];
}
