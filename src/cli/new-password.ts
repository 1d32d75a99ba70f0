import { randomBytes } from 'node:crypto';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';

const PASSWORD_BYTES = 18;

export interface NewPassword {
  readonly password: string;
  /** Nobody knows it yet: it must be shown. */
  readonly generated: boolean;
}

/** The first line of standard input, or one that is made up. A password among the arguments would stand in the shell's history. */
export async function newPassword({ stdin }: CommandContext, fromStdin: boolean): Promise<NewPassword> {
  if (!fromStdin) return { password: randomBytes(PASSWORD_BYTES).toString('base64url'), generated: true };
  let text = '';
  for await (const chunk of stdin) text += String(chunk);
  const [password = ''] = text.split(/\r?\n/, 1);
  if (password === '') throw new UsageError('--password-stdin: there was no password on standard input.');
  return { password, generated: false };
}
