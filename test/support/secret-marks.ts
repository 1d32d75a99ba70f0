import { randomBytes } from 'node:crypto';

/** A hit: which secret was found, how it was written, and what stands around it. */
export interface Leak {
  readonly secret: string;
  readonly spelling: string;
  readonly around: string;
}

const LEAST = 12;
const AROUND = 60;

/** Secrets that a test handed out, and the search for them in whatever somebody may read. */
export class SecretMarks {
  readonly #secrets = new Map<string, string>();

  /** A new secret that occurs nowhere else. */
  make(name: string): string {
    return this.add(name, `canary-${name}-${randomBytes(9).toString('hex')}`);
  }

  /** Notes a secret that somebody else made. */
  add(name: string, secret: string): string {
    if (secret.length < LEAST) throw new Error(`${name} is too short to be searched for`);
    this.#secrets.set(name, secret);
    return secret;
  }

  /** Notes a JWT: whole, and what makes it a secret. */
  addToken(name: string, token: string): string {
    const [, payload = '', signature = ''] = token.split('.');
    this.add(`${name}, payload`, payload);
    if (signature.length >= LEAST) this.add(`${name}, signature`, signature);
    return this.add(name, token);
  }

  get count(): number {
    return this.#secrets.size;
  }

  /** Every secret that stands in the text, as it is or in a common spelling. */
  leaksIn(text: string): readonly Leak[] {
    return [...this.#secrets].flatMap(([secret, value]) =>
      spellings(value).flatMap(([spelling, written]) => {
        const at = text.indexOf(written);
        return at === -1 ? [] : [{ secret, spelling, around: text.slice(Math.max(0, at - AROUND), at + AROUND) }];
      }),
    );
  }
}

function spellings(value: string): readonly (readonly [string, string])[] {
  const bytes = Buffer.from(value);
  return [
    ['plain', value],
    ['base64', bytes.toString('base64').replace(/=+$/, '')],
    ['base64url', bytes.toString('base64url')],
    ['hex', bytes.toString('hex')],
    ['percent', encodeURIComponent(value)],
    ['half', value.slice(0, Math.max(LEAST, Math.ceil(value.length / 2)))],
  ];
}
