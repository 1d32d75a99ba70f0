import { Injectable } from '@nestjs/common';
import type { RevocationKind } from '../telemetry/telemetry.js';
import { ApiKeys } from './api-keys.js';
import { Authorizer, type Decision } from './authorizer.js';
import { EVERY_GRANT, NO_GRANTS, type Principal } from './principal.js';
import { Revocations } from './revocations.js';

/** What keeps a user out now, or a part of their tokens. Times are milliseconds since the epoch. */
export interface KeptOut {
  readonly kind: RevocationKind;
  readonly at: number;
  /** Undefined: until it is taken back. */
  readonly until: number | undefined;
  /** Tokens issued before this moment; undefined: all. */
  readonly issuedBefore: number | undefined;
  readonly by: string;
  readonly reason: string;
}

/** Read-only view of who may do what, for operators who ask why. It decides by the same rules as both doors. */
@Injectable()
export class RightsView {
  constructor(
    private readonly authorizer: Authorizer,
    private readonly revocations: Revocations,
    private readonly keys: ApiKeys,
  ) {}

  maySubscribe(principal: Principal, topic: string): Decision {
    return this.authorizer.maySubscribe(principal, topic);
  }

  mayPublish(principal: Principal, topic: string): Decision {
    return this.authorizer.mayPublish(principal, topic);
  }

  /** A user whose token grants nothing: what they may do, anybody may. */
  withoutGrants(user: string): Principal {
    return { kind: 'user', id: user, roles: [], grants: NO_GRANTS, scopes: [], expiresAt: undefined, tokenId: undefined };
  }

  /** Whom an API key in use stands for; undefined where none has this name. Rejects with `UNAVAILABLE` without a database. */
  async key(name: string): Promise<Principal | undefined> {
    const now = Date.now();
    const found = (await this.keys.list()).find(
      (key) => key.name === name && key.revokedAt === null && (key.expiresAt?.getTime() ?? Infinity) > now,
    );
    if (found === undefined) return undefined;
    const { scopes, expiresAt } = found;
    return {
      kind: 'api_key',
      id: `key:${name}`,
      roles: [],
      grants: EVERY_GRANT,
      scopes,
      expiresAt: expiresAt?.getTime(),
      tokenId: undefined,
    };
  }

  /** Rules in force about this user or about everybody, a block first. */
  keptOut(user: string): readonly KeptOut[] {
    return this.revocations.rulesAbout(user).map(({ kind, effectiveAt, expiresAt, issuedBefore, createdBy, reason }) => ({
      kind,
      at: effectiveAt,
      until: expiresAt,
      issuedBefore,
      by: createdBy,
      reason,
    }));
  }
}
