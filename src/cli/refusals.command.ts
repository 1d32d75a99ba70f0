import { type Command, Option } from 'commander';
import { REFUSAL_KINDS } from '../telemetry/refused.js';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

interface RefusalsOptions {
  readonly limit: number;
  readonly user?: string;
  readonly address?: string;
  readonly code?: string;
  readonly kind?: string;
}

/** What is printed of `GET ops/refusals`; the rest is in `--json`. */
interface RefusalList {
  readonly sums: readonly {
    readonly kind: string;
    readonly code: string;
    readonly rule?: string;
    readonly last_hour: number;
    readonly total: number;
    readonly last_at: number;
  }[];
  readonly items: readonly {
    readonly kind: string;
    readonly code: string;
    readonly user?: string;
    readonly address?: string;
    readonly topic?: string;
    readonly ref?: string;
    readonly message: string;
    readonly count: number;
    readonly last_at: number;
  }[];
}

export function addRefusalsCommand(program: Command, context: CommandContext): void {
  program
    .command('refusals')
    .description('Tell who was refused what, and by which rule, with the API key')
    .addOption(new Option('--kind <kind>', 'only what was refused').choices([...REFUSAL_KINDS]))
    .option('--code <code>', 'only with this code, such as PERMISSION_DENIED or 4503')
    .option('-u, --user <id>', 'only of this user; key:<name> for an API key')
    .option('--address <address>', 'only from this address')
    .option('--limit <number>', 'most lines of the latest', wholeNumber, 50)
    .addHelpText(
      'after',
      `
First the sums of the last hour by rule, over everybody; then the latest refusals, those of one caller by one rule on one line.

Examples:
  waybill refusals --user alice
  waybill refusals --kind connect --json`,
    )
    .action(async ({ limit, ...filters }: RefusalsOptions) => {
      const query = new URLSearchParams({ limit: String(limit) });
      for (const [name, value] of Object.entries(filters)) query.set(name, value);
      const list = (await context.gateway().call({ path: `ops/refusals?${query.toString()}` })) as RefusalList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (list.items.length === 0 && list.sums.length === 0) return context.terminal.say('Nobody was refused.');
      for (const row of sumsTable(list)) context.terminal.result(row);
      context.terminal.result('');
      for (const row of latestTable(list)) context.terminal.result(row);
    });
}

function sumsTable({ sums }: RefusalList): readonly string[] {
  return table(
    ['REFUSED', 'CODE', 'RULE', 'LAST HOUR', 'TOTAL', 'LAST'],
    sums.map(({ kind, code, rule = '-', last_hour: lastHour, total, last_at: lastAt }) => [
      kind,
      code,
      rule,
      String(lastHour),
      String(total),
      time(lastAt),
    ]),
  );
}

function latestTable({ items }: RefusalList): readonly string[] {
  return table(
    ['LAST', 'REFUSED', 'CODE', 'TIMES', 'USER', 'ADDRESS', 'REF', 'TOPIC', 'WHY'],
    items.map(({ last_at: lastAt, kind, code, count, user = '-', address = '-', ref = '-', topic = '-', message }) => [
      time(lastAt),
      kind,
      code,
      String(count),
      user,
      address,
      ref,
      topic,
      message,
    ]),
  );
}

function time(at: number): string {
  return new Date(at).toISOString();
}
