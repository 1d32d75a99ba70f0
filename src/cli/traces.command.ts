import type { Command } from 'commander';
import type { TraceDetail, TraceSummary } from '../protocol/ops/trace-answer.js';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { printable } from './terminal.js';
import { detailLines, traceTable, waterfallLines } from './trace-lines.js';

interface TracesOptions {
  readonly limit: number;
  readonly name?: string;
  readonly connection?: string;
  readonly topic?: string;
  readonly message?: string;
  readonly slower?: number;
  readonly failed?: true;
}

interface TraceList {
  readonly items: readonly TraceSummary[];
  readonly collector: boolean;
  readonly trace_link?: string;
  readonly next?: string;
}

/** `waybill traces` and `waybill trace`. */
export function addTraceCommands(program: Command, context: CommandContext): void {
  program
    .command('traces')
    .description('List the latest traces that nodes keep where no collector takes them, with the API key')
    .option('--limit <number>', 'most lines', wholeNumber, 50)
    .option('--name <text>', 'only those whose first span has this in its name, such as publish')
    .option('--connection <id>', 'only those of this connection')
    .option('-t, --topic <name>', 'only those of messages of this topic')
    .option('-m, --message <id>', 'only those of the message with this id')
    .option('--slower <ms>', 'only those that took at least so many milliseconds', wholeNumber)
    .option('--failed', 'only those in which something failed on the server')
    .addHelpText(
      'after',
      `
One of them as a waterfall: waybill trace <id>. What is traced, and where a collector comes in: docs/telemetry.md.

Examples:
  waybill traces --topic orders.42
  waybill traces --slower 100 --json`,
    )
    .action(async (options: TracesOptions) => {
      const list = (await context.gateway().call({ path: `ops/traces?${queryOf(options).toString()}` })) as TraceList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (list.collector) {
        const where = list.trace_link === undefined ? 'look there (WAYBILL_TRACE_LINK would give links)' : `look at ${list.trace_link}`;
        return context.terminal.say(`Nothing is kept here: spans go to a collector; ${where}.`);
      }
      if (list.items.length === 0) return context.terminal.say('No traces.');
      for (const row of traceTable(list.items)) context.terminal.result(row);
      if (list.next !== undefined) context.terminal.say(`There are more than ${options.limit}: see --limit and the filters.`);
    });
  program
    .command('trace <id>')
    .description('Show one trace as a waterfall, with the API key')
    .option('--attributes', 'also what every span says of itself')
    .addHelpText(
      'after',
      `
The id is the trace_id of every answer and log line, and of a waybill. Spans of all nodes stand together, or are with the collector.

Examples:
  waybill trace 290f761b7f71e42753a30e0b7ba3deae
  waybill trace 290f761b7f71e42753a30e0b7ba3deae --attributes`,
    )
    .action(async (id: string, { attributes }: { readonly attributes?: true }) => {
      const found = (await context.gateway().call({ path: `ops/traces/${encodeURIComponent(id)}` })) as TraceDetail;
      if (context.wantsJson()) return context.terminal.json(found);
      for (const row of waterfallLines(found)) context.terminal.result(row);
      if (attributes !== true) return;
      context.terminal.result('');
      for (const line of detailLines(found.spans)) context.terminal.result(printable(line));
    });
}

function queryOf({ limit, name, connection, topic, message, slower, failed }: TracesOptions): URLSearchParams {
  const query = new URLSearchParams({ limit: String(limit) });
  const filters = { name, connection_id: connection, topic, msg_id: message, min_duration_ms: slower, failed };
  for (const [parameter, value] of Object.entries(filters)) if (value !== undefined) query.set(parameter, String(value));
  return query;
}
