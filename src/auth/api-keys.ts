import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, IsNull, Not, Repository } from 'typeorm';
import { Refusal } from '../protocol/refusal.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyLookup, BOOTSTRAP_KEY } from './api-key-lookup.js';
import { apiKeyHash, makeApiKey } from './api-key-secret.js';
import { type Principal, type Scope, SCOPES } from './principal.js';
import { Secrets } from './secrets.js';
import { storageTrouble } from './storage-trouble.js';

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds since the epoch; undefined: it does not expire. */
  readonly expiresAt?: number | undefined;
}

/** A key and, this once, its secret. */
export interface MadeApiKey {
  readonly key: string;
  readonly record: ApiKey;
}

const MOST_LISTED = 1_000;
/** Any number that nothing else in the database locks by. */
const NAMES_LOCK = 7_225_330_141;
const MS_PER_SECOND = 1_000;

/** The API keys of the gateway: made, listed, rotated and revoked here; `ApiKeyLookup` says whose one is. Rejects with `UNAVAILABLE` without a database. */
@Injectable()
export class ApiKeys implements OnApplicationBootstrap {
  private readonly logger = new Logger(ApiKeys.name);

  constructor(
    @InjectRepository(ApiKey) private readonly repository: Repository<ApiKey>,
    private readonly lookup: ApiKeyLookup,
    private readonly secrets: Secrets,
  ) {}

  /** Enters the key of the settings where there is no first key yet. Whether it may take the place of another is known when the node has joined the others. */
  async onApplicationBootstrap(): Promise<void> {
    const hash = apiKeyHash(this.secrets.apiKey);
    if (!(await this.repository.existsBy({ name: BOOTSTRAP_KEY, hash: Not(hash), revokedAt: IsNull() }))) await this.enterFirst();
  }

  /**
   * Enters the key of the settings, with every scope that this release knows. A former one goes, so that changing WAYBILL_API_KEY retires the old
   * value; one that was revoked stays revoked, whatever the settings say. Only for a node that belongs to the others: they go by that key.
   */
  async enterFirst(): Promise<void> {
    const hash = apiKeyHash(this.secrets.apiKey);
    await this.repository.manager.transaction(async (manager) => {
      await manager.delete(ApiKey, { name: BOOTSTRAP_KEY, hash: Not(hash), revokedAt: IsNull() });
      await manager
        .createQueryBuilder()
        .insert()
        .into(ApiKey)
        .values(rowOf({ name: BOOTSTRAP_KEY, scopes: SCOPES }, hash))
        .orIgnore()
        .execute();
      await manager.update(ApiKey, { hash, name: BOOTSTRAP_KEY }, { scopes: [...SCOPES] });
    });
    const row = await this.repository.findOneBy({ hash });
    if (row === null || row.revokedAt === null) return;
    this.logger.warn(
      'The first API key was revoked and stays so: set another WAYBILL_API_KEY, or delete the file api-key in the data directory.',
    );
  }

  /** Makes a key; the answer is the only time it is seen. `creator` cannot hand on scopes that it lacks. */
  async create(wanted: NewApiKey, creator: Principal): Promise<MadeApiKey> {
    requireScopes(wanted.scopes, creator);
    const key = makeApiKey();
    const row = rowOf(wanted, apiKeyHash(key));
    await orTrouble(this.repository.manager.transaction((manager) => insertNamed(manager, row)));
    return { key, record: row };
  }

  /** Newest first, revoked ones included. */
  list(): Promise<readonly ApiKey[]> {
    return orTrouble(this.repository.find({ order: { createdAt: 'DESC', id: 'ASC' }, take: MOST_LISTED }));
  }

  find(id: string): Promise<ApiKey | null> {
    return orTrouble(this.repository.findOneBy({ id }));
  }

  /**
   * Gives a key another secret; the one before is good for `overlapSeconds` more, and one that was still good from an earlier rotation no more. Undefined
   * where there is no such key in use. Rejects with `CONFLICT` for the first key, and with `PERMISSION_DENIED` where `by` lacks one of its scopes.
   */
  async rotate(id: string, overlapSeconds: number, by: Principal): Promise<MadeApiKey | undefined> {
    const key = makeApiKey();
    const rotated = await orTrouble(
      this.repository.manager.transaction(async (manager) => {
        const row = await manager.findOne(ApiKey, { where: { id, revokedAt: IsNull() }, lock: { mode: 'pessimistic_write' } });
        if (row === null) return undefined;
        requireRotatable(row, by);
        const before = [row.previousHash, row.hash] as const;
        const until = new Date(Date.now() + overlapSeconds * MS_PER_SECOND);
        const previous =
          overlapSeconds === 0 ? { previousHash: null, previousUntil: null } : { previousHash: row.hash, previousUntil: until };
        const change = { hash: apiKeyHash(key), ...previous };
        await manager.update(ApiKey, { id }, change);
        return { record: Object.assign(row, change), before };
      }),
    );
    if (rotated === undefined) return undefined;
    const [retired, replaced] = rotated.before;
    if (retired !== null) this.lookup.forget(retired);
    if (overlapSeconds === 0) this.lookup.forget(replaced);
    else this.lookup.outdate(replaced, overlapSeconds * MS_PER_SECOND);
    return { key, record: rotated.record };
  }

  /** At once on this node, as soon as they hear of it on others, and within half a minute in any case. False where there is no such key; revoking twice is harmless. */
  async revoke(id: string): Promise<boolean> {
    await orTrouble(this.repository.update({ id, revokedAt: IsNull() }, { revokedAt: new Date() }));
    const row = await orTrouble(this.repository.findOneBy({ id }));
    if (row === null) return false;
    this.lookup.forget(row.hash);
    if (row.previousHash !== null) this.lookup.forget(row.previousHash);
    return true;
  }
}

/** Nobody hands on a scope that they lack. */
function requireScopes(scopes: readonly Scope[], giver: Principal): void {
  const missing = giver.kind === 'system' ? undefined : scopes.find((scope) => !giver.scopes.includes(scope));
  if (missing === undefined) return;
  throw new Refusal('PERMISSION_DENIED', `A key cannot make one with more scopes than it has: it lacks "${missing}".`, {
    rule: `scope.${missing}`,
  });
}

function requireRotatable({ name, scopes, expiresAt }: ApiKey, by: Principal): void {
  requireScopes(scopes, by);
  if (expiresAt !== null && expiresAt.getTime() <= Date.now()) {
    throw new Refusal('CONFLICT', 'The API key has expired, and rotation would not change that: make another one.');
  }
  if (name !== BOOTSTRAP_KEY) return;
  throw new Refusal(
    'CONFLICT',
    'The first API key comes from the settings: change WAYBILL_API_KEY, or delete the file api-key in the data directory, and restart.',
  );
}

/** One name, one key in use: names stand in waybills, and idempotency counts by them. */
async function insertNamed(manager: EntityManager, row: ApiKey): Promise<void> {
  await manager.query('select pg_advisory_xact_lock($1)', [NAMES_LOCK]);
  if (await manager.existsBy(ApiKey, { name: row.name, revokedAt: IsNull() })) {
    throw Refusal.badRequest('name', 'belongs to a key in use; revoke that one or choose another name');
  }
  await manager.insert(ApiKey, row);
}

function rowOf({ name, scopes, expiresAt }: NewApiKey, hash: string): ApiKey {
  return Object.assign(new ApiKey(), {
    id: randomUUID(),
    name,
    hash,
    previousHash: null,
    previousUntil: null,
    scopes: [...scopes],
    createdAt: new Date(),
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    revokedAt: null,
    lastUsedAt: null,
    lastUsedFrom: null,
  });
}

async function orTrouble<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw storageTrouble(error);
  }
}
