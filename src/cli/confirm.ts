import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';

/** Throws where the person, or what is piped in, does not say yes. */
export async function confirm({ terminal, stdin, interrupted }: CommandContext): Promise<void> {
  terminal.say('Type yes to go on:');
  const reader = createInterface({ input: stdin, signal: interrupted });
  try {
    for await (const line of reader) {
      if (line.trim() === 'yes') return;
      break;
    }
  } finally {
    reader.close();
  }
  throw new UsageError('Not confirmed; nothing was changed. Answer yes, or give --yes.');
}
