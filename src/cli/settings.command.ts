import type { Command } from 'commander';
import { duration, wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';

/** What is printed of `GET ops/settings`; the rest is in `--json`. */
interface Item {
  readonly path: string;
  readonly env: string;
  readonly value?: unknown;
  readonly source: string;
  readonly until?: number;
  readonly default?: unknown;
  readonly live: boolean;
  readonly unit: string;
  readonly values: string;
  readonly zero: string;
  readonly doc: string;
}

interface Change {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly source_before: string;
  readonly source_after: string;
  readonly until_before?: number;
  readonly until_after?: number;
}

interface Result {
  readonly version: number;
  readonly dry_run: boolean;
  readonly changes: readonly Change[];
}

interface Version {
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly temporary: Readonly<Record<string, { readonly value: unknown; readonly until: number }>>;
  readonly comment: string;
}

interface ChangeOptions {
  readonly dryRun?: boolean;
  readonly comment?: string;
  readonly expect?: number;
}

/** Levels that cost every request something; nobody wants them for ever. */
const TALKATIVE: ReadonlySet<string> = new Set(['debug', 'trace']);

export function addSettingsCommand(program: Command, context: CommandContext): void {
  const settings = program.command('settings').description('Show the settings of a gateway, and change them while it runs');
  addListCommand(settings, context);
  addGetCommand(settings, context);
  addSetCommand(settings, context);
  addUnsetCommand(settings, context);
  addHistoryCommand(settings, context);
  addRollbackCommand(settings, context);
}

function addListCommand(settings: Command, context: CommandContext): void {
  settings
    .command('list', { isDefault: true })
    .description('Show what is set: by operators, in the environment, in the file')
    .option('--all', 'those that have their default too')
    .option('--live', 'those that may be changed now')
    .addHelpText(
      'after',
      `
Examples:
  waybill settings
  waybill settings list --live --all`,
    )
    .action(async ({ all, live }: { readonly all?: boolean; readonly live?: boolean }) => {
      const items = (await itemsOf(context)).filter((item) => (all === true || item.source !== 'default') && (live !== true || item.live));
      if (context.wantsJson()) return context.terminal.json(items);
      if (items.length === 0) return context.terminal.say('Every setting has its default; --all shows them.');
      const rows = items.map((item) => [item.path, shown(item.value), item.unit, from(item.source, item.until), item.live ? 'live' : '-']);
      for (const row of table(['SETTING', 'VALUE', 'UNIT', 'SOURCE', 'CHANGES'], rows)) context.terminal.result(row);
    });
}

function addGetCommand(settings: Command, context: CommandContext): void {
  settings
    .command('get')
    .argument('<path>', 'such as server.logLevel, or its environment variable')
    .description('Show one setting: what it is, where it comes from, what it means')
    .action(async (path: string) => {
      const item = (await itemsOf(context)).find((candidate) => candidate.path === path || candidate.env === path);
      if (item === undefined) throw new UsageError(`There is no setting ${path}. "waybill settings list --all" shows them.`);
      if (context.wantsJson()) return context.terminal.json(item);
      const lines = [
        ['value', shown(item.value)],
        ['source', from(item.source, item.until)],
        ['default', shown(item.default)],
        ['allowed', item.values],
        ['unit', item.unit],
        ['zero', item.zero],
        ['changes', item.live ? 'while the gateway runs: waybill settings set' : `at the start: set ${item.env}`],
      ] as const;
      context.terminal.result(`${item.path} (${item.env}): ${item.doc}`);
      for (const [name, text] of lines) context.terminal.result(`  ${name.padEnd(8)} ${text}`);
    });
}

function addSetCommand(settings: Command, context: CommandContext): void {
  withChangeOptions(
    settings
      .command('set')
      .argument('<path>', 'such as server.logLevel')
      .argument('<value>', 'as in the environment; lists are comma-separated')
      .description('Change one setting now, on all nodes; it stands above environment and file until it is unset, or for a time')
      .option('--for <time>', 'such as 10m: then what stood before holds again, whatever happens meanwhile', duration),
  )
    .addHelpText(
      'after',
      `
Examples:
  waybill settings set server.logLevel debug --for 10m --comment 'looking for the slow client'
  waybill settings set gateway.acceptLagMs 500 --dry-run`,
    )
    .action(async (path: string, value: string, { for: seconds, ...options }: ChangeOptions & { readonly for?: number }) => {
      await change(context, { set: { [path]: value }, ...(seconds === undefined ? {} : { for_s: seconds }), ...bodyOf(options) });
      if (path === 'server.logLevel' && TALKATIVE.has(value) && seconds === undefined && options.dryRun !== true && !context.wantsJson())
        context.terminal.say('It stays so until it is unset, also after a restart; --for 10m would end it by itself.');
    });
}

function addUnsetCommand(settings: Command, context: CommandContext): void {
  withChangeOptions(
    settings.command('unset').argument('<path>', 'such as server.logLevel').description('Let environment, file or default decide again'),
  ).action(async (path: string, options: ChangeOptions) => change(context, { set: { [path]: null }, ...bodyOf(options) }));
}

function addHistoryCommand(settings: Command, context: CommandContext): void {
  settings
    .command('history')
    .description('Show who changed what is set at run time, the newest first')
    .option('--limit <number>', 'most versions', wholeNumber, 20)
    .action(async ({ limit }: { readonly limit: number }) => {
      const page = (await context.gateway().call({ path: `ops/settings/versions?limit=${limit}` })) as {
        readonly items: readonly Version[];
      };
      if (context.wantsJson()) return context.terminal.json(page);
      if (page.items.length === 0) return context.terminal.say('Nothing was ever set at run time.');
      const rows = page.items.map(({ version, at, actor, overrides, temporary, comment }) => [
        String(version),
        new Date(at).toISOString(),
        actor,
        [
          ...Object.entries(overrides).map(([path, value]) => `${path}=${shown(value)}`),
          ...Object.entries(temporary).map(([path, { value, until }]) => `${path}=${from(shown(value), until)}`),
        ].join(' ') || '-',
        comment || '-',
      ]);
      for (const row of table(['VERSION', 'TIME', 'ACTOR', 'SET', 'COMMENT'], rows)) context.terminal.result(row);
    });
}

function addRollbackCommand(settings: Command, context: CommandContext): void {
  withChangeOptions(
    settings
      .command('rollback')
      .argument('<version>', 'of the history; 0 has nothing set')
      .description('Put what an older version had set in force again'),
  ).action(async (version: string, options: ChangeOptions) => {
    if (!/^\d{1,15}$/.test(version))
      throw new UsageError(`"${version}" is no version. "waybill settings history" lists them; 0 has nothing set.`);
    await change(context, { version: Number(version), ...bodyOf(options) }, 'POST', 'ops/settings/rollback');
  });
}

function withChangeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'only show what would change')
    .option('--comment <text>', 'why, for whoever reads the history')
    .option('--expect <version>', 'refuse where another version is the newest', wholeNumber);
}

function bodyOf({ dryRun, comment, expect }: ChangeOptions): object {
  return {
    ...(dryRun === true ? { dry_run: true } : {}),
    ...(comment === undefined ? {} : { comment }),
    ...(expect === undefined ? {} : { expected_version: expect }),
  };
}

async function change(context: CommandContext, body: object, method: 'PATCH' | 'POST' = 'PATCH', path = 'ops/settings'): Promise<void> {
  const result = (await context.gateway().call({ method, path, body })) as Result;
  if (context.wantsJson()) return context.terminal.json(result);
  for (const item of result.changes) {
    const before = `${shown(item.before)} (${from(item.source_before, item.until_before)})`;
    context.terminal.result(`${item.path}: ${before} -> ${shown(item.after)} (${from(item.source_after, item.until_after)})`);
  }
  if (result.changes.length === 0) context.terminal.say(`Nothing changes; the version is ${result.version}.`);
  else context.terminal.say(result.dry_run ? 'Nothing was changed: this was a dry run.' : `Version ${result.version} is in force.`);
}

async function itemsOf(context: CommandContext): Promise<readonly Item[]> {
  return ((await context.gateway().call({ path: 'ops/settings' })) as { readonly items: readonly Item[] }).items;
}

/** Where a value comes from, or what it is, with when it ends by itself. */
function from(source: string, until: number | undefined): string {
  return until === undefined ? source : `${source} until ${new Date(until).toISOString()}`;
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
