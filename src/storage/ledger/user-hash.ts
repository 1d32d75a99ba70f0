import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal, by which an erased user is known without being named. */
export function userHash(user: string): string {
  return createHash('sha256').update(user, 'utf8').digest('hex');
}
