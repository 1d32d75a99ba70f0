import type { Command } from 'commander';
import { timestamp, wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

interface MessagesOptions {
  readonly since?: number;
  readonly until?: number;
  readonly publisher?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** What is printed of `GET ops/messages`. */
interface MessageList {
  readonly items: readonly {
    readonly seq: number;
    readonly accepted_at: number;
    readonly publisher: string;
    readonly door: string;
    readonly action: string;
    readonly bytes: number;
    readonly msg_id: string;
  }[];
  readonly looked_at: number;
  readonly next?: string;
}

export function addMessagesCommand(program: Command, context: CommandContext): void {
  program
    .command('messages <topic>')
    .description('Search the messages of a topic by time and publisher, newest first, without their payloads, with the API key')
    .option('--since <time>', 'only those accepted at or after this date', timestamp)
    .option('--until <time>', 'only those accepted at or before this date', timestamp)
    .option('--publisher <name>', 'only those of this publisher: a user, or key:<name>')
    .option('--limit <number>', 'most lines', wholeNumber, 50)
    .option('--cursor <text>', 'older ones than those that another call has shown')
    .addHelpText(
      'after',
      `
What became of one of them: waybill message --topic <topic> --seq <seq>.

Examples:
  waybill messages orders.42
  waybill messages orders.42 --since 2026-01-31T12:00Z --until 2026-01-31T12:05Z
  waybill messages orders.42 --publisher key:backend --json`,
    )
    .action(async (topic: string, { since, until, ...options }: MessagesOptions) => {
      const query = new URLSearchParams({ topic });
      for (const [name, value] of Object.entries({ ...options, from: since, to: until }))
        if (value !== undefined) query.set(name, String(value));
      const list = (await context.gateway().call({ path: `ops/messages?${query.toString()}` })) as MessageList;
      if (context.wantsJson()) return context.terminal.json(list);
      if (list.items.length === 0) context.terminal.say(`None of the ${list.looked_at} messages that were looked at is like this.`);
      else
        for (const row of table(['SEQ', 'ACCEPTED', 'PUBLISHER', 'DOOR', 'ACTION', 'BYTES', 'MSG_ID'], list.items.map(cells)))
          context.terminal.result(row);
      if (list.next !== undefined) context.terminal.say(`Older ones: --cursor ${list.next}`);
    });
}

function cells({ seq, accepted_at: at, publisher, door, action, bytes, msg_id: id }: MessageList['items'][number]): readonly string[] {
  return [String(seq), new Date(at).toISOString(), publisher, door, action, String(bytes), id];
}
