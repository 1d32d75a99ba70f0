import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { table } from './table.js';
import { printable } from './terminal.js';

interface WhyOptions {
  readonly user: string;
  readonly topic?: string;
  readonly seq?: number;
  readonly epoch?: string;
  readonly message?: string;
  readonly publisher?: string;
}

/** What is printed of `GET ops/explain`. */
interface Explanation {
  readonly user: string;
  readonly topic: string;
  readonly seq?: number;
  readonly answer: string;
  readonly outcome: string;
  readonly steps: readonly { readonly step: string; readonly result: string; readonly detail: string; readonly at?: number }[];
}

export function addWhyCommand(program: Command, context: CommandContext): void {
  program
    .command('why')
    .description('Say why a user received a message or did not, with the API key')
    .requiredOption('-u, --user <id>', 'the user; key:<name> for an API key')
    .option('-t, --topic <name>', 'the topic; $user.<id> for a message to one user')
    .option('--seq <number>', 'the message’s number in its topic; without it: whether the topic reaches the user now', wholeNumber)
    .option('--epoch <epoch>', 'of an earlier life of the topic')
    .option('-m, --message <id>', 'the message’s msg_id, instead of --seq')
    .option('--publisher <name>', 'with --message, where several messages have that id')
    .addHelpText(
      'after',
      `
First the answer in words, then each step from the publish to the client. What the outcomes mean: docs/waybills.md.

Examples:
  waybill why --user alice --topic orders.42 --seq 13
  waybill why --user alice --message 0199f3c2-77aa
  waybill why --user alice --topic orders.42`,
    )
    .action(async ({ message, ...options }: WhyOptions) => {
      if (options.topic === undefined && message === undefined)
        throw new UsageError('Name the message: --topic with --seq, or --message with its id. With --topic alone: does it reach them now?');
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ ...options, msg_id: message })) if (value !== undefined) query.set(name, String(value));
      const told = (await context.gateway().call({ path: `ops/explain?${query.toString()}` })) as Explanation;
      if (context.wantsJson()) return context.terminal.json(told);
      const about = told.seq === undefined ? told.topic : `message ${told.seq} of ${told.topic}`;
      context.terminal.result(printable(`${told.user}, ${about}: ${told.outcome.toUpperCase().replaceAll('_', ' ')}`));
      context.terminal.result('');
      context.terminal.result(printable(told.answer));
      context.terminal.result('');
      for (const row of table(['STEP', 'RESULT', 'WHEN', 'DETAIL'], told.steps.map(cells))) context.terminal.result(row);
    });
}

function cells({ step, result, detail, at }: Explanation['steps'][number]): readonly string[] {
  return [step.replaceAll('_', ' '), result.replaceAll('_', ' '), at === undefined ? '-' : new Date(at).toISOString(), detail];
}
