import { type Command, Option } from 'commander';
import { REFUSAL_KINDS } from '../telemetry/refused.js';
import { timestamp, wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

interface RefusalsOptions {
  readonly limit: number;
  readonly user?: string;
  readonly address?: string;
  readonly code?: string;
  readonly kind?: string;
  readonly topic?: string;
  readonly since?: number;
  readonly until?: number;
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
  readonly items: readonly RefusalItem[];
  readonly recorded?: readonly RefusalItem[];
  readonly complete: boolean;
  readonly why?: string;
}

interface RefusalItem {
  readonly kind: string;
  readonly code: string;
  readonly user?: string;
  readonly address?: string;
  readonly node?: string;
  readonly topic?: string;
  readonly ref?: string;
  readonly message: string;
  readonly count: number;
  readonly last_at: number;
}

export function addRefusalsCommand(program: Command, context: CommandContext): void {
  program
    .command('refusals')
    .description('Tell who was refused what, and by which rule, with the API key')
    .addOption(new Option('--kind <kind>', 'only what was refused').choices([...REFUSAL_KINDS]))
    .option('--code <code>', 'only with this code, such as PERMISSION_DENIED or 4503')
    .option('-u, --user <id>', 'only of this user; key:<name> for an API key')
    .option('--address <address>', 'only from this address')
    .option('-t, --topic <name>', 'only of this topic')
    .option('--since <time>', 'only at or after this date', timestamp)
    .option('--until <time>', 'only at or before this date', timestamp)
    .option('--limit <number>', 'most lines of the latest', wholeNumber, 50)
    .addHelpText(
      'after',
      `
First the sums of the last hour by rule, over everybody; then the latest refusals, those of one caller by one rule on one line.
Of one user also what is recorded: of all nodes, and from before their last start.

Examples:
  waybill refusals --user alice
  waybill refusals --kind connect --json`,
    )
    .action(async ({ limit, since, until, ...filters }: RefusalsOptions) => {
      const query = new URLSearchParams({ limit: String(limit) });
      for (const [name, value] of Object.entries({ ...filters, from: since, to: until }))
        if (value !== undefined) query.set(name, String(value));
      const list = (await context.gateway().call({ path: `ops/refusals?${query.toString()}` })) as RefusalList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (!list.complete) context.terminal.say(`Not all: ${list.why ?? 'some could not be looked up'}`);
      const recorded = list.recorded ?? [];
      if (list.items.length === 0 && list.sums.length === 0 && recorded.length === 0) return context.terminal.say('Nobody was refused.');
      for (const row of sumsTable(list)) context.terminal.result(row);
      context.terminal.result('');
      for (const row of latestTable(list.items)) context.terminal.result(row);
      if (recorded.length === 0) return;
      context.terminal.result('');
      context.terminal.result('Recorded:');
      for (const row of latestTable(recorded)) context.terminal.result(row);
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

function latestTable(items: readonly RefusalItem[]): readonly string[] {
  return table(
    ['LAST', 'REFUSED', 'CODE', 'TIMES', 'USER', 'ADDRESS', 'NODE', 'REF', 'TOPIC', 'WHY'],
    items.map(({ last_at: lastAt, kind, code, count, user = '-', address = '-', node = '-', ref = '-', topic = '-', message }) => [
      time(lastAt),
      kind,
      code,
      String(count),
      user,
      address,
      node,
      ref,
      topic,
      message,
    ]),
  );
}

function time(at: number): string {
  return new Date(at).toISOString();
}
