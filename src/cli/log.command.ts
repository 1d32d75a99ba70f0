import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { confirm } from './confirm.js';
import { LogDatabase } from './log-database.js';
import { type LogStatus, type PartitionStatus, readLogStatus } from './log-status.js';
import { table } from './table.js';

interface ResetOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

const CONSEQUENCES = `Every topic gets a new epoch: live subscribers get topic.reset within seconds, and clients that come back with a position of before
get recovered: false and read history. No message is removed.`;

export function addLogCommand(program: Command, context: CommandContext): void {
  const log = program
    .command('log')
    .description('Look at the log in the database, or begin a new generation of it')
    .addHelpText(
      'after',
      `
These work on the database itself, with or without a gateway: that of DATABASE_URL (or storage.databaseUrl in waybill.yaml), else
the embedded one of a gateway that runs on the data directory.`,
    );
  addStatusCommand(log, program, context);
  addResetCommand(log, program, context);
}

function addStatusCommand(log: Command, program: Command, context: CommandContext): void {
  log
    .command('status')
    .description('Show the generation of the log, its topics, and what each partition holds')
    .addHelpText(
      'after',
      `
Examples:
  waybill log status
  DATABASE_URL=postgres://app:secret@127.0.0.1/app waybill log status --json`,
    )
    .action(async () => {
      const status = await LogDatabase.with(dataDirOf(program), readLogStatus);
      if (context.wantsJson()) return context.terminal.json(status);
      for (const line of lines(status)) context.terminal.result(line);
    });
}

function addResetCommand(log: Command, program: Command, context: CommandContext): void {
  log
    .command('reset')
    .description('Begin a new generation of the log, after it was restored from an older copy')
    .option('--reason <text>', 'why, for whoever reads log status later', 'waybill log reset')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
${CONSEQUENCES}
The gateway does this by itself where the database tells that it was restored or failed over. A volume or data directory that was
put back to an earlier state looks the same as before: then run this, before clients come back.

Examples:
  waybill log reset
  waybill log reset --yes --reason 'volume rolled back to the snapshot of Monday'`,
    )
    .action(async ({ reason, yes }: ResetOptions) => {
      const generation = await LogDatabase.with(dataDirOf(program), async (database) => {
        const before = await readLogStatus(database);
        if (yes !== true) {
          context.terminal.say(
            `The log in ${database.place} has ${before.topics} topics and ${before.messages} messages.\n${CONSEQUENCES}`,
          );
          await confirm(context);
        }
        const [row] = await database.query<{ generation: string }>('select waybill.reset_log($1) as generation', [reason]);
        return { generation: row?.generation, previous: before.generation };
      });
      if (context.wantsJson()) context.terminal.json(generation);
      else context.terminal.result(`The log has generation ${generation.generation} now; it was ${generation.previous}.`);
    });
}

function dataDirOf(program: Command): string {
  return program.opts<{ dataDir: string }>().dataDir;
}

function lines(status: LogStatus): readonly string[] {
  return [
    `generation   ${status.generation} (number ${status.generation_number}, since ${status.generation_at}: ${status.generation_reason})`,
    `database     system identifier ${status.system_identifier}, timeline ${status.timeline}`,
    `topics       ${status.topics}`,
    `messages     ${status.messages}${status.oldest_day === null ? '' : `, the oldest of ${status.oldest_day} or later`}`,
    '',
    ...table(['PARTITION', 'FROM', 'UNTIL', 'KEPT', 'TOPICS', 'MESSAGES', 'BYTES'], status.partitions.map(cells)),
  ];
}

function cells(partition: PartitionStatus): readonly string[] {
  const { name, keep_days: keepDays, day, until, topics, messages, bytes } = partition;
  return [name, day, until, keepDays === 0 ? 'for ever' : `${keepDays} d`, String(topics), String(messages), String(bytes)];
}
