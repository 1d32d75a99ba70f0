import { type Command, InvalidArgumentError } from 'commander';
import type { AuditHead, AuditRecord } from '../audit/audit-record.js';
import { ChainCheck } from '../audit/chain.js';
import { timestamp, wholeNumber } from './arguments.js';
import { type AuditSource, auditOfDatabase, auditOfFile, auditOfGateway } from './audit-records.js';
import type { CommandContext } from './command-context.js';
import { BrokenTrail } from './exit-codes.js';
import { table } from './table.js';

interface ListOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly result?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

interface SourceOptions {
  readonly database?: boolean;
}

interface VerifyOptions extends SourceOptions {
  readonly head: readonly AuditHead[];
  readonly file?: string;
}

interface ExportOptions extends SourceOptions {
  readonly after: number;
}

const DATABASE = 'read the database itself (DATABASE_URL, else the embedded one in the data directory), not through the gateway';

export function addAuditCommand(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('Read, export and verify the audit trail: what operators did and tried');
  addListCommand(audit, context);
  addVerifyCommand(audit, program, context);
  addExportCommand(audit, program, context);
  audit
    .command('head')
    .description('Print how many records there are and the hash of the last, to be kept elsewhere and given to verify')
    .action(async () => {
      const head = (await context.gateway().call({ path: 'ops/audit/head' })) as AuditHead;
      if (context.wantsJson()) context.terminal.json(head);
      else context.terminal.result(textOf(head));
    });
}

function addListCommand(audit: Command, context: CommandContext): void {
  audit
    .command('list')
    .description('Show records, the newest first')
    .option('--actor <name>', 'only by operator:NAME, key:NAME, user:ID or anonymous')
    .option('--action <name>', 'only this action, such as connection.disconnect')
    .option('--target <id>', 'only what was done to this')
    .option('--result <code>', 'only with this result: OK, or a code such as PERMISSION_DENIED')
    .option('--from <time>', 'not before this date', timestamp)
    .option('--to <time>', 'before this date', timestamp)
    .option('--limit <number>', 'most lines', wholeNumber, 50)
    .addHelpText(
      'after',
      `
Examples:
  waybill audit list --actor operator:ada
  waybill audit list --action settings.change --from 2026-01-31 --json`,
    )
    .action(async ({ limit, ...filters }: ListOptions) => {
      const query = new URLSearchParams({ limit: String(limit) });
      for (const [name, value] of Object.entries(filters)) query.set(name, String(value));
      const page = (await context.gateway().call({ path: `ops/audit?${query.toString()}` })) as { readonly items: readonly AuditRecord[] };
      if (context.wantsJson()) return context.terminal.json(page);
      if (page.items.length === 0) return context.terminal.say('No records.');
      for (const row of table(['ID', 'TIME', 'ACTOR', 'ACTION', 'TARGET', 'RESULT', 'ADDRESS', 'CHANGE'], page.items.map(cells))) {
        context.terminal.result(row);
      }
    });
}

function addVerifyCommand(audit: Command, program: Command, context: CommandContext): void {
  audit
    .command('verify')
    .description('Follow the chain from the first record to the last, and say where it was broken')
    .option('--head <count:hash>', 'a head that was kept; the trail must have passed through it; may be given more than once', withHead, [])
    .option('--database', DATABASE)
    .option('--file <path>', 'verify what "waybill audit export" wrote')
    .addHelpText(
      'after',
      `
A changed, removed, added or reordered record is found by the chain itself. A trail that was cut, or made anew as a whole by somebody
who may do anything with the database, is found only with a head that was kept elsewhere.

Examples:
  waybill audit verify --head 1204:5f0c…
  waybill audit verify --database`,
    )
    .action(async ({ head: kept, database, file }: VerifyOptions) => {
      const verify = async (source: AuditSource): Promise<void> => tellOf(await verified(source, kept), context);
      if (file !== undefined) return verify(auditOfFile(file));
      return within(database, program, context, verify);
    });
}

function addExportCommand(audit: Command, program: Command, context: CommandContext): void {
  audit
    .command('export')
    .description('Print every record as one line of JSON, the oldest first')
    .option('--after <id>', 'only records behind this one', wholeNumber, 0)
    .option('--database', DATABASE)
    .addHelpText(
      'after',
      `
Examples:
  waybill audit export > audit.jsonl
  waybill audit export --after 1204 >> audit.jsonl`,
    )
    .action(async ({ after, database }: ExportOptions) =>
      within(database, program, context, async (source) => {
        let last: AuditHead | undefined;
        for await (const record of source.records(after)) {
          if (context.interrupted.aborted) return;
          context.terminal.json(record);
          last = { count: record.id, hash: record.hash };
        }
        context.terminal.say(last === undefined ? 'No records.' : `Exported up to ${textOf(last)}`);
      }),
    );
}

async function within(
  database: boolean | undefined,
  program: Command,
  context: CommandContext,
  work: (source: AuditSource) => Promise<void>,
): Promise<void> {
  if (database === true) return auditOfDatabase(program.opts<{ dataDir: string }>().dataDir, work);
  return work(await auditOfGateway(context.gateway()));
}

async function verified(source: AuditSource, kept: readonly AuditHead[]): Promise<ChainCheck> {
  const check = new ChainCheck(source.head === undefined ? kept : [...kept, source.head]);
  for await (const record of source.records(0)) {
    const problem = check.add(record);
    if (problem !== undefined) throw new BrokenTrail(problem);
  }
  const problem = check.end();
  if (problem !== undefined) throw new BrokenTrail(problem);
  return check;
}

function tellOf({ head }: ChainCheck, { terminal, wantsJson }: CommandContext): void {
  if (wantsJson()) terminal.json(head);
  else terminal.result(`The chain holds: ${head.count} ${head.count === 1 ? 'record' : 'records'}, head ${textOf(head)}`);
}

function textOf({ count, hash }: AuditHead): string {
  return `${count}:${hash}`;
}

function withHead(value: string, heads: readonly AuditHead[]): readonly AuditHead[] {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(value);
  if (match === null) throw new InvalidArgumentError('It must be COUNT:HASH, as "waybill audit head" prints it.');
  return [...heads, { count: Number(match[1]), hash: match[2] ?? '' }];
}

function cells({ id, at, actor, action, target, result, address, before, after }: AuditRecord): readonly string[] {
  const shown = (value: unknown): string => (value === undefined ? '-' : JSON.stringify(value));
  const change = before === undefined && after === undefined ? '-' : `${shown(before)} -> ${shown(after)}`;
  return [String(id), new Date(at).toISOString(), actor, action, target || '-', result, address ?? '-', change];
}
