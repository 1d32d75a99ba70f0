import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

interface StoredHash extends Cost {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** Least cost that OWASP's Password Storage Cheat Sheet names for argon2id (RFC 9106): 19 MiB, two passes, one lane. */
const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Version 1.3 of the algorithm, as RFC 9106 section 3.1 writes it. */
const VERSION = 19;
const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const derive = promisify(argon2);

/** The hash of a password in PHC string format, with a salt of its own. Works off the main thread; 19 MiB while it does. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return phcText({ ...COST, salt, tag: await tagOf(password, salt, COST, TAG_BYTES) });
}

/** Compares in constant time. Throws where `stored` is not a hash of this form: nobody but `hashPassword` writes them. */
export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const { salt, tag, ...cost } = parsed(stored);
  return timingSafeEqual(await tagOf(password, salt, cost, tag.length), tag);
}

/** Whether a hash was made at another cost than today's. */
export function isOutdated(stored: string): boolean {
  const { memory, passes, parallelism } = parsed(stored);
  return memory !== COST.memory || passes !== COST.passes || parallelism !== COST.parallelism;
}

/** A hash that no password has, as costly to try as any other. */
export function decoyHash(): string {
  return phcText({ ...COST, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) });
}

function tagOf(password: string, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  // One spelling of what looks the same: keyboards differ in how they compose letters (NIST SP 800-63B section 3.1.1.2).
  return derive('argon2id', { message: password.normalize('NFKC'), nonce: salt, tagLength, ...cost });
}

function phcText({ memory, passes, parallelism, salt, tag }: StoredHash): string {
  return `$argon2id$v=${VERSION}$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

function parsed(stored: string): StoredHash {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(stored) ?? [];
  if (salt === undefined || tag === undefined) throw new Error('a stored password is not an argon2id hash in PHC form');
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
