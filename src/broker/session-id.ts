import { randomBytes } from 'node:crypto';

const RUN_BYTES = 6;
const SECRET_BYTES = 18;
const RUN_CHARACTERS = 8;
const FORM = /^[A-Za-z0-9_-]{32}$/;

/** Names one run of a node: what it left is not taken for what the next run of the same node has. */
export function newRun(): string {
  return randomBytes(RUN_BYTES).toString('base64url');
}

/** Says in which run it began, and has 144 bits that nobody can guess. */
export function newSessionId(run: string): string {
  return run + randomBytes(SECRET_BYTES).toString('base64url');
}

export function isSessionId(id: string): boolean {
  return FORM.test(id);
}

export function runOf(id: string): string {
  return id.slice(0, RUN_CHARACTERS);
}
