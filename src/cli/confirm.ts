import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';

/** Throws where the person, or what is piped in, does not say yes. */
export async function confirm({ terminal, stdin, interrupted }: CommandContext): Promise<void> {
  terminal.say('Type yes to go on:');
  if (await types('yes', stdin, interrupted)) return;
  throw new UsageError('Not confirmed; nothing was changed. Answer yes, or give --yes.');
}

/** As `confirm`, for what is so far-reaching that a yes is too easy. `what` is named in the question. */
export async function confirmBy(word: string, what: string, { terminal, stdin, interrupted }: CommandContext): Promise<void> {
  terminal.say(`Type ${what} to go on:`);
  if (await types(word, stdin, interrupted)) return;
  throw new UsageError(`Not confirmed; nothing was changed. Type ${word}, or give --confirm ${word}.`);
}

async function types(word: string, input: NodeJS.ReadableStream, signal: AbortSignal): Promise<boolean> {
  const reader = createInterface({ input, signal });
  try {
    for await (const line of reader) return line.trim() === word;
    return false;
  } finally {
    reader.close();
  }
}
