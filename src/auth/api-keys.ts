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
}

const MOST_LISTED = 1_000;
/** Any number that nothing else in the database locks by. */
const NAMES_LOCK = 7_225_330_141;

/** The API keys of the gateway: made, listed and revoked here; `ApiKeyLookup` says whose one is. Rejects with `UNAVAILABLE` without a database. */
@Injectable()
export class ApiKeys implements OnApplicationBootstrap {
  private readonly logger = new Logger(ApiKeys.name);

  constructor(
    @InjectRepository(ApiKey) private readonly repository: Repository<ApiKey>,
    private readonly lookup: ApiKeyLookup,
    private readonly secrets: Secrets,
  ) {}

  /**
   * Enters the key of the settings. A former one goes, so that changing WAYBILL_API_KEY retires the old value; one that was revoked
   * stays revoked, whatever the settings say.
   */
  async onApplicationBootstrap(): Promise<void> {
    const hash = apiKeyHash(this.secrets.apiKey);
    await this.repository.manager.transaction(async (manager) => {
      await manager.delete(ApiKey, { name: BOOTSTRAP_KEY, hash: Not(hash), revokedAt: IsNull() });
      await manager
        .createQueryBuilder()
        .insert()
        .into(ApiKey)
        .values(rowOf(BOOTSTRAP_KEY, SCOPES, hash))
        .orIgnore()
        .execute();
    });
    const row = await this.repository.findOneBy({ hash });
    if (row === null || row.revokedAt === null) return;
    this.logger.warn(
      'The first API key was revoked and stays so: set another WAYBILL_API_KEY, or delete the file api-key in the data directory.',
    );
  }

  /** Makes a key; the answer is the only time it is seen. `creator` cannot hand on scopes that it lacks. */
  async create({ name, scopes }: NewApiKey, creator: Principal): Promise<{ readonly key: string; readonly record: ApiKey }> {
    const missing = creator.kind === 'system' ? undefined : scopes.find((scope) => !creator.scopes.includes(scope));
    if (missing !== undefined) {
      throw new Refusal('PERMISSION_DENIED', `A key cannot make one with more scopes than it has: it lacks "${missing}".`, {
        rule: `scope.${missing}`,
      });
    }
    const key = makeApiKey();
    const row = rowOf(name, scopes, apiKeyHash(key));
    await orTrouble(this.repository.manager.transaction((manager) => insertNamed(manager, row)));
    return { key, record: row };
  }

  /** Newest first, revoked ones included. */
  list(): Promise<readonly ApiKey[]> {
    return orTrouble(this.repository.find({ order: { createdAt: 'DESC', id: 'ASC' }, take: MOST_LISTED }));
  }

  /** At once on this node, within half a minute on others. False where there is no such key; revoking twice is harmless. */
  async revoke(id: string): Promise<boolean> {
    await orTrouble(this.repository.update({ id, revokedAt: IsNull() }, { revokedAt: new Date() }));
    const row = await orTrouble(this.repository.findOneBy({ id }));
    if (row === null) return false;
    this.lookup.forget(row.hash);
    return true;
  }
}

/** One name, one key in use: names stand in waybills, and idempotency counts by them. */
async function insertNamed(manager: EntityManager, row: ApiKey): Promise<void> {
  await manager.query('select pg_advisory_xact_lock($1)', [NAMES_LOCK]);
  if (await manager.existsBy(ApiKey, { name: row.name, revokedAt: IsNull() })) {
    throw Refusal.badRequest('name', 'belongs to a key in use; revoke that one or choose another name');
  }
  await manager.insert(ApiKey, row);
}

function rowOf(name: string, scopes: readonly Scope[], hash: string): ApiKey {
  return Object.assign(new ApiKey(), {
    id: randomUUID(),
    name,
    hash,
    scopes: [...scopes],
    createdAt: new Date(),
    revokedAt: null,
    lastUsedAt: null,
  });
}

async function orTrouble<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw storageTrouble(error);
  }
}
