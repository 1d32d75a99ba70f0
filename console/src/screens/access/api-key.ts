import type { Tone } from '../../ui/status.tsx';

/** One API key of `auth/keys`, without its secret. Times are milliseconds since the epoch. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at?: number;
  readonly last_used_at?: number;
  readonly last_used_from?: string;
  /** Until when the secret before still works. */
  readonly previous_until?: number;
  readonly revoked_at?: number;
}

export interface MadeKey extends ApiKey {
  readonly key: string;
}

export const SCOPES = [
  { value: 'publish', label: 'publish', about: 'publish to any topic' },
  { value: 'read', label: 'read', about: 'read history and presence' },
  { value: 'tokens', label: 'tokens', about: 'mint user tokens' },
  { value: 'ops', label: 'ops', about: 'everything operators see' },
  { value: 'admin', label: 'admin', about: 'everything operators do' },
] as const;

export interface Standing {
  readonly tone: Tone;
  readonly word: string;
}

export function standingOf({ revoked_at: revoked, expires_at: expires, previous_until: previous }: ApiKey, now: number): Standing {
  if (revoked !== undefined) return { tone: 'quiet', word: 'revoked' };
  if (expires !== undefined && expires <= now) return { tone: 'quiet', word: 'expired' };
  if (previous !== undefined && previous > now) return { tone: 'accent', word: 'two secrets' };
  return { tone: 'good', word: 'in use' };
}

const DAY_MS = 86_400_000;

/** `days` from now, where there are any. */
export function expiryOf(days: string, now: number): { readonly expires_at?: number } {
  const number = Number(days);
  return days === '' || !(number > 0) ? {} : { expires_at: now + Math.round(number * DAY_MS) };
}
