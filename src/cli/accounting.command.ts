import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { FailedChecks } from './exit-codes.js';
import { table } from './table.js';

const DELIVERIES = ['matched', 'written', 'dropped', 'queued', 'unconfirmed', 'not_written', 'acked', 'difference'] as const;

/** What is printed of `GET ops/accounting`. */
interface Accounting {
  readonly since: number;
  readonly balanced: boolean;
  readonly items: readonly {
    readonly namespace: string;
    readonly published: { readonly accepted: number; readonly refused: number };
    readonly deliveries: Readonly<Record<(typeof DELIVERIES)[number], number>>;
  }[];
  readonly bus: { readonly out: number; readonly in: number; readonly failed: number };
  readonly dropped: Readonly<Record<string, number>>;
}

export function addAccountingCommand(program: Command, context: CommandContext): void {
  program
    .command('accounting')
    .description('Say whether anything is being lost: what was to be delivered against what became of it, with the API key')
    .addHelpText(
      'after',
      `
Counted on the node that answers, since it began: matched = written + dropped + queued + unconfirmed + not written. What is left over is
MISSING, and the command then exits with 1.

Examples:
  waybill accounting
  waybill accounting --json`,
    )
    .action(async () => {
      const accounting = (await context.gateway().call({ path: 'ops/accounting' })) as Accounting;
      if (context.wantsJson()) context.terminal.json(accounting);
      else for (const line of linesOf(accounting)) context.terminal.result(line);
      const unbalanced = accounting.items.filter(({ deliveries }) => deliveries.difference !== 0).length;
      if (!accounting.balanced) throw new FailedChecks(unbalanced, false);
    });
}

function linesOf({ since, balanced, items, bus, dropped }: Accounting): readonly string[] {
  const used = items.filter(({ published, deliveries }) => published.accepted + published.refused + deliveries.matched > 0);
  const reasons = Object.entries(dropped).filter(([, count]) => count > 0);
  return [
    balanced ? 'Deliveries balance: none is unaccounted for.' : 'Deliveries do not balance: some are unaccounted for.',
    `Counted since ${new Date(since).toISOString()}. The bus took ${bus.out} and gave ${bus.in}; ${bus.failed} of its calls failed.`,
    ...reasons.map(([reason, count]) => `Dropped, ${reason.replaceAll('_', ' ')}: ${count}.`),
    '',
    ...table(
      ['NAMESPACE', 'PUBLISHED', 'REFUSED', 'MATCHED', 'WRITTEN', 'DROPPED', 'QUEUED', 'UNCONFIRMED', 'NOT WRITTEN', 'ACKED', 'MISSING'],
      used.map(({ namespace, published, deliveries }) => [
        namespace,
        String(published.accepted),
        String(published.refused),
        ...DELIVERIES.map((name) => String(deliveries[name])),
      ]),
    ),
  ];
}
