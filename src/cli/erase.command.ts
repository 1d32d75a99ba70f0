import type { Command } from 'commander';
import type { ErasureAnswer } from '../protocol/ops/erasure-answer.js';
import type { CommandContext } from './command-context.js';
import { confirm } from './confirm.js';

/** Looking through a large log takes its time. */
const LONGEST_MS = 1_800_000;

interface EraseOptions {
  readonly yes?: true;
}

export function addEraseCommand(program: Command, context: CommandContext): void {
  program
    .command('erase <user>')
    .description('Erase a user for good: what was recorded of them, and the payloads of what they published, with the API key')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
The user's messages keep their places; their payload becomes null. Nobody can undo this.
If it is cut short, run it again: it removes what is left.

Examples:
  waybill erase alice
  waybill erase alice --yes --json`,
    )
    .action(async (user: string, options: EraseOptions) => {
      if (options.yes !== true) {
        context.terminal.say(`This erases ${user} for good: receipts, connections, and the payloads of everything they published.`);
        await confirm(context);
      }
      const request = { method: 'POST', path: 'ops/erasures', body: { user }, timeoutMs: LONGEST_MS } as const;
      const erased = (await context.gateway().call(request)) as ErasureAnswer;
      if (context.wantsJson()) context.terminal.json(erased);
      else context.terminal.result(sentences(user, erased));
    });
}

function sentences(user: string, erased: ErasureAnswer): string {
  const { receipts, fetches, connections, refusals, payloads, topic, disconnected } = erased;
  return [
    `${user} is erased.`,
    `Removed: ${receipts} receipts, ${fetches} reads of history, ${connections} closed connections, ${refusals} refusals.`,
    `Emptied: ${payloads} messages that they published${topic ? ', and their own topic' : ''}.`,
    ...(disconnected > 0 ? [`Closed: ${disconnected} connections of theirs; they may come back.`] : []),
    `The audit trail names them as sha256:${erased.user_hash}.`,
  ].join('\n');
}
