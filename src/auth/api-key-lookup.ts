import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { Nudges } from '../cluster/nudges.js';
import { Refusal } from '../protocol/refusal.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { ApiKey } from './api-key.entity.js';
import { apiKeyHash, isGeneratedApiKey, sameHash } from './api-key-secret.js';
import { inTime } from './in-time.js';
import { LruMap } from './lru-map.js';
import { EVERY_GRANT, type Principal, type Scope, SCOPES } from './principal.js';
import { Secrets } from './secrets.js';
import { storageTrouble } from './storage-trouble.js';

/** Name of the key from the settings or the data directory. */
export const BOOTSTRAP_KEY = 'bootstrap';

/** How long an answer of the database is good for: the longest that a key revoked on another node goes on working, where nothing is heard of it. */
const FRESH_MS = 30_000;
const UNKNOWN_FRESH_MS = 5_000;
/** How long a key that was good is still let in while the database is away; the bootstrap key always is. */
const WITHOUT_DATABASE_MS = 900_000;
/**
 * How long a key that was good waits for a database that does not answer, and how long any other does: whatever follows has its own
 * deadline, and the answer is to come within three seconds.
 */
const PATIENCE_MS = 500;
const LONGEST_WAIT_MS = 2_500;
/** How long nobody asks again, where a key that was good got no answer. */
const ASK_AGAIN_MS = 5_000;
const RETRY_AFTER_MS = 1_000;
const REMEMBERED_KEYS = 10_000;
/** Keys that are being looked up at once; a flood of invented keys must not take the database from the publishers. */
const MOST_QUESTIONS = 64;
const USE_NOTED_EVERY_MS = 60_000;

/** An answer, and on the monotonic clock: until when it is taken as it is, and until when it holds without a database. */
interface Known {
  readonly principal: Principal;
  freshUntil: number;
  holdsUntil: number;
}

/** Finds out whose an API key is. Remembers answers, so that publishing by REST does not read the database for each message. */
@Injectable()
export class ApiKeyLookup implements OnModuleInit {
  private readonly known = new LruMap<Known>(REMEMBERED_KEYS);
  private readonly unknownUntil = new LruMap<number>(REMEMBERED_KEYS);
  private readonly underWay = new Map<string, Promise<Principal | undefined>>();
  private readonly bootstrapHash: string;
  private revocations = 0;

  constructor(
    @InjectRepository(ApiKey) private readonly repository: Repository<ApiKey>,
    private readonly telemetry: Telemetry,
    secrets: Secrets,
    private readonly nudges: Nudges,
  ) {
    this.bootstrapHash = apiKeyHash(secrets.apiKey);
    this.known.set(this.bootstrapHash, { principal: principalOf(BOOTSTRAP_KEY, SCOPES, undefined), freshUntil: 0, holdsUntil: Infinity });
  }

  onModuleInit(): void {
    this.nudges.on('api_keys', (hashes) => this.changedElsewhere(hashes));
  }

  /** Rejects with `UNAUTHENTICATED`, or `UNAVAILABLE` where only the database knows and it is away. */
  async find(key: string, address?: string): Promise<Principal> {
    const hash = apiKeyHash(key);
    if (!isGeneratedApiKey(key) && !this.isBootstrap(hash)) throw refused();
    const known = this.known.get(hash);
    const now = performance.now();
    const isKnown = known !== undefined && now < known.freshUntil;
    const isRefused = !isKnown && now < (this.unknownUntil.get(hash) ?? 0);
    this.telemetry.cacheRequest('api_key', isKnown || isRefused ? 'hit' : 'miss');
    if (isKnown) return known.principal;
    if (isRefused) throw refused();
    const principal =
      known === undefined ? await inTime(this.ask(hash, address), LONGEST_WAIT_MS) : await this.askPatiently(hash, known, address);
    if (principal === undefined) throw refused();
    return principal;
  }

  /** From now on this process refuses the key. */
  forget(hash: string): void {
    this.revocations += 1;
    this.refuse(hash);
    this.nudges.tell('api_keys', hash);
  }

  /** From now on this process asks the database again about the key, and believes nobody else for longer than this. */
  outdate(hash: string, holdsMs: number): void {
    this.revocations += 1;
    this.nudges.tell('api_keys', hash);
    const known = this.known.get(hash);
    if (known === undefined) return;
    known.freshUntil = 0;
    known.holdsUntil = Math.min(known.holdsUntil, performance.now() + holdsMs);
  }

  /** The database is asked again about these, or about all where none is named. Hashes are of secrets that nobody can guess. */
  private changedElsewhere(hashes: readonly string[] | undefined): void {
    this.revocations += 1;
    const named = hashes && new Set(hashes);
    for (const [hash, known] of this.known.all()) if (named?.has(hash) ?? true) known.freshUntil = 0;
  }

  private refuse(hash: string): void {
    this.known.delete(hash);
    this.unknownUntil.set(hash, performance.now() + UNKNOWN_FRESH_MS);
  }

  private isBootstrap(hash: string): boolean {
    return sameHash(hash, this.bootstrapHash);
  }

  /** For a key that was good when last heard of: the database's answer, or the old one where none comes. */
  private async askPatiently(hash: string, known: Known, address: string | undefined): Promise<Principal | undefined> {
    try {
      return await inTime(this.ask(hash, address), PATIENCE_MS);
    } catch (error) {
      const isAway = error instanceof Refusal && error.code === 'UNAVAILABLE';
      if (!isAway || performance.now() >= known.holdsUntil) throw error;
      known.freshUntil = Math.min(performance.now() + ASK_AGAIN_MS, known.holdsUntil);
      return known.principal;
    }
  }

  /** One question to the database for all who ask about one key at once. */
  private ask(hash: string, address: string | undefined): Promise<Principal | undefined> {
    const already = this.underWay.get(hash);
    if (already !== undefined) return already;
    if (this.underWay.size >= MOST_QUESTIONS) return Promise.reject(overloaded());
    const asked = this.read(hash, address).finally(() => this.underWay.delete(hash));
    this.underWay.set(hash, asked);
    return asked;
  }

  private async read(hash: string, address: string | undefined): Promise<Principal | undefined> {
    const began = performance.now();
    const revocations = this.revocations;
    let row: ApiKey | null;
    try {
      row = await this.repository.findOneBy([{ hash }, { previousHash: hash }]);
    } catch (error) {
      throw storageTrouble(error);
    } finally {
      this.telemetry.databaseOperation('api_key', performance.now() - began);
    }
    const principal = this.judged(row, hash);
    if (principal === undefined || row === null) {
      this.refuse(hash);
      return undefined;
    }
    // A key that was revoked since the question was sent must not come back by the older answer.
    if (revocations === this.revocations) this.remember(hash, principal, msLeft(row, hash));
    void this.noteUse(row, address);
    return principal;
  }

  private judged(row: ApiKey | null, hash: string): Principal | undefined {
    if (row === null || row.revokedAt !== null || msLeft(row, hash) <= 0) return undefined;
    return principalOf(row.name, row.scopes, row.expiresAt?.getTime());
  }

  /** `msLeft`: how long the secret is good for at most. */
  private remember(hash: string, principal: Principal, msLeftOfIt: number): void {
    const now = performance.now();
    const ends = now + msLeftOfIt;
    const holdsUntil = this.isBootstrap(hash) ? Infinity : Math.min(now + WITHOUT_DATABASE_MS, ends);
    this.unknownUntil.delete(hash);
    this.known.set(hash, { principal, freshUntil: Math.min(now + FRESH_MS, ends), holdsUntil });
  }

  /** A mark that is lost does no harm: the next question sets it again. */
  private async noteUse({ id, lastUsedAt }: ApiKey, address: string | undefined): Promise<void> {
    if (lastUsedAt !== null && Date.now() - lastUsedAt.getTime() < USE_NOTED_EVERY_MS) return;
    const from = address === undefined ? {} : { lastUsedFrom: address };
    await this.repository.update({ id, revokedAt: IsNull() }, { lastUsedAt: new Date(), ...from }).catch(() => undefined);
  }
}

/** How long one secret of a key is still good for; `Infinity`: for ever, zero or less: no more. */
function msLeft({ hash, previousHash, previousUntil, expiresAt }: ApiKey, secretHash: string): number {
  const untilExpiry = (expiresAt?.getTime() ?? Infinity) - Date.now();
  if (sameHash(hash, secretHash)) return untilExpiry;
  if (previousHash === null || !sameHash(previousHash, secretHash)) return 0;
  return Math.min(untilExpiry, (previousUntil?.getTime() ?? 0) - Date.now());
}

function principalOf(name: string, scopes: readonly Scope[], expiresAt: number | undefined): Principal {
  return { kind: 'api_key', id: `key:${name}`, roles: [], grants: EVERY_GRANT, scopes, expiresAt, tokenId: undefined };
}

function refused(): Refusal {
  return new Refusal('UNAUTHENTICATED', 'The API key is not known, has expired, or was revoked.');
}

function overloaded(): Refusal {
  return new Refusal('UNAVAILABLE', 'Too many API keys are being looked up at once.', { retryAfterMs: RETRY_AFTER_MS });
}
