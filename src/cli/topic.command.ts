import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

/** What is printed of `GET ops/topics/{topic}`. */
interface TopicDetail {
  readonly topic: string;
  readonly epoch: string;
  readonly head: number;
  readonly floor: number;
  readonly messages_per_s: number;
  readonly bytes_per_s: number;
  readonly deliveries_per_s: number;
  readonly subscribers: number;
  readonly policy: Readonly<Record<string, string | number | boolean>>;
  readonly steps: { readonly step_s: number; readonly published: readonly number[]; readonly deliveries: readonly number[] };
  readonly nodes: readonly { readonly node: string; readonly subscribers: number; readonly deliveries_per_s: number }[];
  readonly items: readonly {
    readonly ref?: string;
    readonly node: string;
    readonly user: string;
    readonly state: string;
    readonly offered: number;
    readonly lag: number;
    readonly acknowledges: boolean;
    readonly acked?: number;
    readonly queued_bytes: number;
  }[];
  readonly next?: string;
}

const KIB = 1_024;

export function addTopicCommand(program: Command, context: CommandContext): void {
  program
    .command('topic <name>')
    .description('Show one topic: rates, ends of its log, policy, and who listens on which node, with the API key')
    .option('--limit <number>', 'most subscribers', wholeNumber, 20)
    .option('--cursor <text>', 'the subscribers after those that another call has shown')
    .addHelpText(
      'after',
      `
LAG is what of the topic a subscriber was not offered yet; QUEUED what waits for its connection, of all its topics.

Examples:
  waybill topic chat.lobby
  waybill topic chat.lobby --limit 200 --json`,
    )
    .action(async (name: string, { limit, cursor }: { readonly limit: number; readonly cursor?: string }) => {
      const query = new URLSearchParams({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) });
      const path = `ops/topics/${encodeURIComponent(name)}?${query.toString()}`;
      const detail = (await context.gateway().call({ path })) as TopicDetail;
      if (context.wantsJson()) return context.terminal.json(detail);
      for (const line of linesOf(detail)) context.terminal.result(line);
      if (detail.next !== undefined) context.terminal.say(`More subscribers: --cursor ${detail.next}`);
    });
}

function linesOf(detail: TopicDetail): readonly string[] {
  const { topic, epoch, head, floor, policy, steps, items, subscribers } = detail;
  const kept = head === floor ? 'no messages kept' : `messages ${floor + 1} to ${head} kept`;
  return [
    `${topic}: epoch ${epoch}, head ${head}, ${kept}; ${subscribers} subscribers.`,
    `${detail.messages_per_s} messages/s, ${(detail.bytes_per_s / KIB).toFixed(2)} KiB/s, ${detail.deliveries_per_s} deliveries/s over the last minute.`,
    `Each ${steps.step_s} s, the newest last: published ${listed(steps.published)}; deliveries ${listed(steps.deliveries)}.`,
    ...(detail.nodes.length < 2
      ? []
      : [
          `By node: ${detail.nodes.map((at) => `${at.node} ${at.subscribers} subscribers, ${at.deliveries_per_s} deliveries/s`).join('; ')}.`,
        ]),
    `Policy: ${Object.entries(policy)
      .map(([field, value]) => `${field} ${value}`)
      .join(', ')}.`,
    '',
    ...table(
      ['REF', 'USER', 'NODE', 'STATE', 'OFFERED', 'LAG', 'ACKED', 'QUEUED'],
      items.map(({ ref, user, node, state, offered, lag, acked, queued_bytes: queued }) => [
        ref ?? '-',
        user,
        node,
        state,
        String(offered),
        String(lag),
        acked === undefined ? '-' : String(acked),
        `${queued} B`,
      ]),
    ),
  ];
}

function listed(counts: readonly number[]): string {
  return counts.length === 0 ? 'none yet' : counts.join(' ');
}
