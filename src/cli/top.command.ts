import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';

interface TopOptions {
  readonly topics?: boolean;
  readonly connections?: boolean;
  readonly slow?: boolean;
  readonly sort?: string;
  readonly prefix?: string;
  readonly limit: number;
  readonly every: number;
  readonly once?: boolean;
}

/** What is printed of `GET ops/topics`. */
interface TopicItem {
  readonly topic: string;
  readonly messages_per_s: number;
  readonly bytes_per_s: number;
  readonly deliveries_per_s: number;
  readonly subscribers: number;
  readonly head?: number;
}

/** What is printed of `GET ops/connections` and `GET ops/slow`. */
interface ConnectionItem {
  readonly ref: string;
  readonly user?: string;
  readonly address: string;
  readonly client?: string;
  readonly queued_bytes: number;
  readonly queued_ms?: number;
  readonly bytes_out?: number;
  readonly frames_out?: number;
  readonly topics: readonly string[];
}

interface Listing {
  readonly path: string;
  readonly head: readonly string[];
  readonly cells: (item: never) => readonly string[];
  readonly empty: string;
}

const MS_PER_SECOND = 1_000;
const KIB = 1_024;
/** To the corner, and everything below it away. */
const CLEAR = '\u001b[H\u001b[2J';

export function addTopCommand(program: Command, context: CommandContext): void {
  program
    .command('top')
    .description('Show the busiest topics or connections, again and again on a terminal, with the API key')
    .option('--topics', 'topics by rate (what it does if nothing is said)')
    .option('--connections', 'connections by what was sent to them')
    .option('--slow', 'connections for which something waits')
    .addOption(new Option('--sort <order>', 'of topics').choices(['-messages', '-bytes', '-deliveries', '-subscribers', 'topic']))
    .option('--prefix <text>', 'only topics whose names begin with this')
    .option('--limit <number>', 'most lines', wholeNumber, 20)
    .option('--every <seconds>', 'time between two looks', wholeNumber, 2)
    .option('--once', 'look once, as it does where the output is not a terminal')
    .addHelpText(
      'after',
      `
Rates are of the last minute and of the node that answers. A message is counted once, whoever it goes to; DELIVERIES counts each of them.

Examples:
  waybill top
  waybill top --sort -subscribers --prefix chat.
  waybill top --slow --once --json`,
    )
    .action(async (options: TopOptions) => {
      const listing = listingOf(options);
      const again = context.terminal.isInteractive && options.once !== true && !context.wantsJson();
      do {
        const answer = (await context.gateway().call({ path: listing.path })) as { readonly items: readonly never[] };
        if (context.wantsJson()) return context.terminal.json(answer);
        if (again) context.terminal.help(CLEAR);
        if (answer.items.length === 0) context.terminal.say(listing.empty);
        else for (const row of table(listing.head, answer.items.map(listing.cells))) context.terminal.result(row);
      } while (again && (await goesOn(options.every, context.interrupted)));
    });
}

/** False once the person at the terminal has had enough. */
async function goesOn(seconds: number, interrupted: AbortSignal): Promise<boolean> {
  return sleep(Math.max(1, seconds) * MS_PER_SECOND, true, { signal: interrupted }).catch(() => false);
}

function listingOf(options: TopOptions): Listing {
  const { topics, connections, slow, limit, sort, prefix } = options;
  if ([topics, connections, slow].filter((chosen) => chosen === true).length > 1)
    throw new UsageError('Choose one of --topics, --connections and --slow.');
  const other = connections === true || slow === true;
  if (other && (sort !== undefined || prefix !== undefined)) throw new UsageError('--sort and --prefix are for topics.');
  if (connections === true)
    return { path: `ops/connections?sort=-bytes_out&limit=${limit}`, head: CONNECTION_HEAD, cells: ofConnection, empty: 'No connections.' };
  if (slow === true) return { path: `ops/slow?limit=${limit}`, head: SLOW_HEAD, cells: ofSlow, empty: 'No client is slow.' };
  const query = new URLSearchParams({ limit: String(limit), sort: sort ?? '-messages', prefix: prefix ?? '' });
  return { path: `ops/topics?${query.toString()}`, head: TOPIC_HEAD, cells: ofTopic, empty: 'No topic had a message in the last minute.' };
}

const TOPIC_HEAD = ['MESSAGES/S', 'KIB/S', 'DELIVERIES/S', 'SUBSCRIBERS', 'HEAD', 'TOPIC'] as const;
const CONNECTION_HEAD = ['REF', 'USER', 'SENT', 'FRAMES', 'QUEUED', 'TOPICS', 'ADDRESS', 'CLIENT'] as const;
const SLOW_HEAD = ['REF', 'USER', 'WAITED', 'QUEUED', 'ADDRESS', 'CLIENT', 'TOPICS'] as const;

function ofTopic(item: TopicItem): readonly string[] {
  return [
    item.messages_per_s.toFixed(2),
    (item.bytes_per_s / KIB).toFixed(2),
    item.deliveries_per_s.toFixed(2),
    String(item.subscribers),
    item.head === undefined ? '-' : String(item.head),
    item.topic,
  ];
}

function ofConnection(item: ConnectionItem): readonly string[] {
  return [
    item.ref,
    item.user ?? '-',
    `${Math.ceil((item.bytes_out ?? 0) / KIB)} KiB`,
    String(item.frames_out ?? 0),
    `${item.queued_bytes} B`,
    String(item.topics.length),
    item.address,
    item.client ?? '-',
  ];
}

function ofSlow(item: ConnectionItem): readonly string[] {
  return [
    item.ref,
    item.user ?? '-',
    `${((item.queued_ms ?? 0) / MS_PER_SECOND).toFixed(1)} s`,
    `${Math.ceil(item.queued_bytes / KIB)} KiB`,
    item.address,
    item.client ?? '-',
    item.topics.join(' '),
  ];
}
