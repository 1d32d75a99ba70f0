import { type Command, Option } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';
import { printable, type Terminal } from './terminal.js';
import { isCandidates, type Candidates, type RecipientItem, type WaybillAnswer } from './waybill-answer.js';

interface MessageOptions {
  readonly topic?: string;
  readonly seq?: number;
  readonly epoch?: string;
  readonly publisher?: string;
  readonly outcome?: string;
  readonly user?: string;
  readonly limit: number;
  readonly all?: boolean;
}

const PAGE = 1_000;
/** `2026-01-31T` of a time. */
const DAY_LENGTH = 11;
const OUTCOMES = ['acked', 'written', 'queued', 'pending', 'dropped', 'unconfirmed', 'not_written', 'fetched', 'unknown', 'not_subscribed'];

export function addMessageCommand(program: Command, context: CommandContext): void {
  program
    .command('message [id]')
    .description('Show the waybill of a message: where it came from and what became of it at every recipient, with the API key')
    .option('-t, --topic <name>', 'the topic: with --seq instead of an id, or where several messages have the id')
    .option('--seq <number>', 'the message’s number in its topic', wholeNumber)
    .option('--epoch <epoch>', 'with --seq: of an earlier life of the topic')
    .option('--publisher <name>', 'where several messages have the id')
    .addOption(new Option('--outcome <outcome>', 'only recipients with this outcome').choices(OUTCOMES))
    .option('-u, --user <id>', 'only recipients that are this user')
    .option('--limit <number>', 'most recipients', wholeNumber, 50)
    .option('--all', 'every recipient, however many there are')
    .addHelpText(
      'after',
      `
What the outcomes mean: docs/waybills.md. For one user and the reasons: waybill why.

Examples:
  waybill message --topic orders.42 --seq 13
  waybill message 0199f3c2-77aa --topic orders.42 --outcome dropped
  waybill message 0199f3c2-77aa --all --json`,
    )
    .action(async (id: string | undefined, options: MessageOptions) => {
      const path = pathOf(id, options);
      const waybill = await fetchWaybill(context, path, options);
      if (context.wantsJson()) return context.terminal.json(waybill);
      if (isCandidates(waybill)) return printCandidates(context.terminal, waybill);
      printWaybill(context.terminal, waybill);
    });
}

function pathOf(id: string | undefined, { topic, seq, epoch, publisher }: MessageOptions): string {
  const query = new URLSearchParams();
  if (seq !== undefined) {
    if (topic === undefined || id !== undefined) throw new UsageError('--seq goes with --topic, and without an id.');
    if (epoch !== undefined) query.set('epoch', epoch);
    return `ops/topics/${encodeURIComponent(topic)}/messages/${seq}/waybill?${query.toString()}`;
  }
  if (id === undefined) throw new UsageError('Name the message: by its id, or by --topic and --seq.');
  if (topic !== undefined) query.set('topic', topic);
  if (publisher !== undefined) query.set('publisher', publisher);
  return `ops/messages/${encodeURIComponent(id)}/waybill?${query.toString()}`;
}

/** One page, or all of them as one. */
async function fetchWaybill(
  context: CommandContext,
  path: string,
  { outcome, user, limit, all }: MessageOptions,
): Promise<WaybillAnswer | Candidates> {
  const filter = `${outcome === undefined ? '' : `&outcome=${outcome}`}${user === undefined ? '' : `&user=${encodeURIComponent(user)}`}`;
  const page = (cursor?: string) =>
    context.gateway().call({
      path: `${path}&limit=${all === true ? PAGE : Math.min(limit, PAGE)}${filter}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    }) as Promise<WaybillAnswer | Candidates>;
  let answer = await page();
  while (all === true && !isCandidates(answer) && answer.next !== undefined) {
    const { next, ...more } = (await page(answer.next)) as WaybillAnswer;
    answer = { ...more, recipients: [...answer.recipients, ...more.recipients], ...(next === undefined ? {} : { next }) };
  }
  return answer;
}

function printCandidates(terminal: Terminal, { candidates }: Candidates): void {
  terminal.say(`${candidates.length} messages have this id. Name one of them with --topic and --publisher, or with --topic and --seq:`);
  for (const row of table(
    ['STORED', 'TOPIC', 'SEQ', 'EPOCH', 'PUBLISHER'],
    candidates.map(({ stored_at: at, topic, seq, epoch, publisher }) => [time(at), topic, String(seq), epoch, publisher]),
  ))
    terminal.result(row);
}

function printWaybill(terminal: Terminal, waybill: WaybillAnswer): void {
  const { message, position, origin, nodes, recipients, next, ledger } = waybill;
  terminal.result(
    `${position.topic} ${position.seq} (epoch ${position.epoch}, the last is ${position.head}): ${position.state.replaceAll('_', ' ')}`,
  );
  if (message !== null) terminal.result(printable(`${message.action}, ${message.bytes} bytes, msg_id ${message.msg_id}`));
  if (origin !== null) {
    const where = [origin.address, origin.ref === undefined ? undefined : `connection ${origin.ref}`].filter((part) => part !== undefined);
    const stored = origin.stored_at === undefined ? 'kept in memory only' : `stored ${time(origin.stored_at)}`;
    terminal.result(
      printable(`by ${origin.publisher} (${[origin.door, ...where].join(', ')}), accepted ${time(origin.accepted_at)}, ${stored}`),
    );
    const link = origin.trace_link === undefined ? '' : ` (${origin.trace_link})`;
    terminal.result(printable(`trace ${origin.trace_id ?? '-'}: ${origin.trace.replaceAll('_', ' ')}${link}`));
  }
  if (ledger === 'off') terminal.say('The namespace of this topic keeps no receipts (ledger: off): who was given it is not recorded.');
  terminal.result('');
  for (const row of table(
    ['NODE', 'START', 'STATE', 'REACHED', 'HANDED OUT', 'SUBSCRIPTIONS'],
    nodes.map((node) => [
      node.node,
      String(node.run),
      node.state,
      String(node.seq),
      spanOf(node.flushed_between),
      String(node.receipts ?? '-'),
    ]),
  ))
    terminal.result(row);
  terminal.result('');
  terminal.result(printable(totalsLine(waybill)));
  if (recipients.length === 0) return;
  terminal.result('');
  for (const row of table(['USER', 'REF', 'NODE', 'OUTCOME', 'HOW', 'WHEN', 'WHY'], recipients.map(cells))) terminal.result(row);
  if (next !== undefined) terminal.say('There are more: --limit, --outcome or --all.');
}

function totalsLine({ totals, totals_missing: missing }: WaybillAnswer): string {
  if (totals === null) return `No totals: ${missing ?? 'they could not be counted'}.`;
  const sums = Object.entries(totals).map(([outcome, count]) => `${count} ${outcome.replaceAll('_', ' ')}`);
  return sums.length === 0 ? 'Nobody was subscribed.' : sums.join(', ');
}

function cells(item: RecipientItem): readonly string[] {
  return [
    item.user,
    item.ref ?? item.connection_id ?? '-',
    item.node ?? '-',
    item.outcome.replaceAll('_', ' '),
    item.how ?? '-',
    whenOf(item),
    item.reason?.replaceAll('_', ' ') ?? '-',
  ];
}

function whenOf({ fetched_at: fetchedAt, written_between: written, acked_by: ackedBy }: RecipientItem): string {
  const when = fetchedAt === undefined ? spanOf(written) : time(fetchedAt);
  return ackedBy === undefined ? when : `${when}, acked by ${time(ackedBy)}`;
}

function spanOf(span: readonly [number, number] | undefined): string {
  if (span === undefined) return '-';
  const [from, to] = span.map(time) as [string, string];
  if (from === to) return to;
  const sameDay = from.slice(0, DAY_LENGTH) === to.slice(0, DAY_LENGTH);
  return `${from} .. ${sameDay ? to.slice(DAY_LENGTH) : to}`;
}

function time(at: number): string {
  return new Date(at).toISOString();
}
