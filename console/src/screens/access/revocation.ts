/** One revocation of `auth/revocations`. Times are milliseconds since the epoch. */
export interface Revocation {
  readonly id: string;
  readonly kind: 'token' | 'user' | 'everyone' | 'renewed';
  readonly token_id?: string;
  readonly user?: string;
  readonly issued_before?: number;
  readonly reason: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly expires_at?: number;
}

/** One block of `auth/blocks`. */
export interface Block {
  readonly user: string;
  readonly reason: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly expires_at?: number;
}

/** Whose tokens end by it, in words. */
export function whoseOf({ kind, token_id: token = '', user = '' }: Revocation): string {
  switch (kind) {
    case 'token':
      return `token ${token}`;
    case 'renewed':
      return `token ${token}, renewed`;
    case 'user':
      return `tokens of ${user}`;
    case 'everyone':
      return 'tokens of everybody';
  }
}
