import type { Command } from 'commander';
import { type ConnectionItem, type RemainsItem, remainsStory, storyOf } from './connection-story.js';
import type { CommandContext } from './command-context.js';
import { printable } from './terminal.js';

export function addConnectionCommand(program: Command, context: CommandContext): void {
  program
    .command('connection')
    .description('Tell one connection, open or closed, as a story: what happened to it and how it ended, with the API key')
    .argument('<id-or-ref>', 'its id, or the ref that its client shows, such as 7KQ2-M9XD')
    .addHelpText(
      'after',
      `
Times are those before the end; of an open connection, before now. Docs: flight-recorder.md.

Examples:
  waybill connection 7KQ2-M9XD
  waybill connection 7kq2-m9xd --json`,
    )
    .action(async (name: string) => {
      const found = (await context.gateway().call({ path: `ops/connections/${encodeURIComponent(name)}` })) as ConnectionItem | RemainsItem;
      if (context.wantsJson()) return context.terminal.json(found);
      for (const line of 'events' in found ? storyOf(found, Date.now()) : remainsStory(found)) context.terminal.result(printable(line));
    });
}
