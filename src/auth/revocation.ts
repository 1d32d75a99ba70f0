import { Refusal } from '../protocol/refusal.js';
import type { RevocationKind } from '../telemetry/telemetry.js';

/** A rule that ends credentials before their time. Times are milliseconds since the epoch. */
export interface Revocation {
  readonly id: string;
  readonly kind: RevocationKind;
  /** Id of the token (`token`, `renewed`), the user (`user`, `block`) or the tenure of a device (`device`, `device_key`); empty for everyone. */
  readonly subject: string;
  /** `user` and `everyone`: tokens issued before this moment. */
  readonly issuedBefore: number | undefined;
  /** When it takes effect; later than its making only for tokens that were renewed. */
  readonly effectiveAt: number;
  /** After this no token that it speaks of can be good any more; undefined: a block that holds until it is taken back. */
  readonly expiresAt: number | undefined;
  /** For operators; never told to those it is about. */
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: number;
}

/** The rules as refusals name them. */
const RULES: Readonly<Record<RevocationKind, string>> = {
  token: 'revocation.token',
  renewed: 'revocation.renewed',
  user: 'revocation.user',
  everyone: 'revocation.everyone',
  device: 'revocation.device',
  device_key: 'revocation.device_key',
  block: 'user.block',
};
const RULE_NAMES: ReadonlySet<string | undefined> = new Set(Object.values(RULES));

/** The refusal of a credential that a rule is about: a new token may do, except for a blocked user. */
export function refusalBy({ kind, issuedBefore, expiresAt }: Revocation): Refusal {
  const rule = RULES[kind];
  switch (kind) {
    case 'token':
      return new Refusal('UNAUTHENTICATED', 'This token was revoked; sign in again for a new one.', { rule });
    case 'renewed':
      return new Refusal(
        'UNAUTHENTICATED',
        'This token was renewed, and only the one that came of it is good now; use that, or sign in again.',
        {
          rule,
        },
      );
    case 'user':
      return new Refusal('UNAUTHENTICATED', `The tokens of this user issued before ${moment(issuedBefore)} were revoked; sign in again.`, {
        rule,
      });
    case 'everyone':
      return new Refusal('UNAUTHENTICATED', `All tokens issued before ${moment(issuedBefore)} were revoked; sign in again.`, { rule });
    case 'device':
      return new Refusal('UNAUTHENTICATED', 'This token was given to a device that was disabled or removed since.', { rule });
    case 'device_key':
      return new Refusal('UNAUTHENTICATED', 'This token may be of a key that the device has no more; the device must prove itself anew.', {
        rule,
      });
    case 'block':
      return new Refusal(
        'PERMISSION_DENIED',
        `This user is blocked${expiresAt === undefined ? '' : ` until ${moment(expiresAt)}`}; no token of theirs is accepted.`,
        {
          rule,
        },
      );
  }
}

/** Whether a refusal comes of a revocation or a block. */
export function isRevocation(refusal: Refusal): boolean {
  return RULE_NAMES.has(refusal.rule);
}

/** What a peer is told when its open connection is closed by the rule. */
export function closeReasonBy({ kind }: Revocation): string {
  switch (kind) {
    case 'token':
    case 'renewed':
      return 'this token was revoked';
    case 'user':
      return 'the tokens of this user were revoked';
    case 'everyone':
      return 'all tokens of this age were revoked';
    case 'device':
      return 'this device was disabled or removed';
    case 'device_key':
      return 'this device lost a key';
    case 'block':
      return 'this user is blocked';
  }
}

/** The rule in words for the log: who, what and why. */
export function inWords({ kind, subject, issuedBefore, expiresAt, reason, createdBy }: Revocation): string {
  const because = reason === '' ? '' : `, because: ${reason}`;
  const by = `by ${createdBy}${because}`;
  switch (kind) {
    case 'token':
      return `the token ${subject} was revoked ${by}`;
    case 'renewed':
      return `the token ${subject} was renewed and is used again`;
    case 'user':
      return `the tokens of user ${subject} issued before ${moment(issuedBefore)} were revoked ${by}`;
    case 'everyone':
      return `all tokens issued before ${moment(issuedBefore)} were revoked ${by}`;
    case 'device':
    case 'device_key':
      return `what a device was given was withdrawn ${by}`;
    case 'block':
      return `user ${subject} is blocked${expiresAt === undefined ? '' : ` until ${moment(expiresAt)}`} ${by}`;
  }
}

function moment(milliseconds: number | undefined): string {
  return milliseconds === undefined ? 'now' : new Date(milliseconds).toISOString();
}
