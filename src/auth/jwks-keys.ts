import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type { JwksStatus } from './auth-view.js';
import { type JwksKey, type KeySet, readKeySet } from './jwks-document.js';
import { JwksFailure } from './jwks-failure.js';
import { fetchKeySet } from './jwks-fetch.js';
import type { VerificationKey } from './jwt-algorithms.js';

/** Fetched anew when this part of its life is over, so that a removed key is gone before all of it is, caches of tokens included. */
const RENEWED_AFTER = 0.85;
/** After failures the cooldown doubles, up to so many times its length. */
const LONGEST_BACKOFF = 4;

const NO_KEYS: KeySet = { keys: [], digest: '' };

/**
 * The issuer's key set, fetched now and then and when a token needs a key that is not in it; never more often than the cooldown, which
 * failures lengthen. While it cannot be fetched the last keys go on serving, for a bounded time. Without the option nothing happens.
 */
@Injectable()
export class JwksKeys implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jwks');
  private readonly listeners: (() => void)[] = [];
  private set = NO_KEYS;
  /** Times on the monotonic clock. */
  private fetchedAt: number | undefined;
  private attemptedAt = -Infinity;
  private failures = 0;
  private lastProblem: string | undefined;
  private underWay: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly config: Config,
    private readonly telemetry: Telemetry,
  ) {}

  /** Begins to fetch; the start does not wait for it. */
  onApplicationBootstrap(): void {
    if (this.isConfigured) void this.refresh();
  }

  beforeApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  get isConfigured(): boolean {
    return this.config.auth.jwksUrl !== undefined;
  }

  /** Whether the set could not be fetched lately: a key that is missing here may well be in it. */
  get isUnsure(): boolean {
    return this.isConfigured && (this.failures > 0 || this.fetchedAt === undefined);
  }

  get status(): JwksStatus | undefined {
    if (!this.isConfigured) return undefined;
    const ageMs = this.fetchedAt === undefined ? undefined : performance.now() - this.fetchedAt;
    return { keys: this.current().length, ageMs, problem: this.lastProblem, staleMs: this.config.auth.jwksStaleSeconds * 1_000 };
  }

  /** Calls work whenever the keys have become others. */
  onChange(work: () => void): void {
    this.listeners.push(work);
  }

  /** Keys that a token's header allows for. A `kid` only chooses among them (RFC 8725 section 3.10); without one all may be tried. */
  matching(algorithm: unknown, kid: unknown): readonly VerificationKey[] {
    return this.current().filter((key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid));
  }

  /** As `matching`, and counts whether there were any: called once for each token. */
  lookUp(algorithm: unknown, kid: unknown): readonly VerificationKey[] {
    const found = this.matching(algorithm, kid);
    if (this.isConfigured) this.telemetry.cacheRequest('jwks', found.length > 0 ? 'hit' : 'miss');
    return found;
  }

  /** Asks for newer keys where that is allowed again; resolves when there is an answer, and tells whether the keys are others now. */
  async renew(): Promise<boolean> {
    if (!this.isConfigured) return false;
    const before = this.set.digest;
    if (this.underWay !== undefined) await this.underWay;
    else if (performance.now() - this.attemptedAt >= this.pauseMs) await this.refresh();
    return this.set.digest !== before;
  }

  private current(): readonly JwksKey[] {
    const { jwksStaleSeconds } = this.config.auth;
    const isTooOld = this.fetchedAt === undefined || performance.now() - this.fetchedAt > jwksStaleSeconds * 1_000;
    return isTooOld ? [] : this.set.keys;
  }

  private get pauseMs(): number {
    return this.config.auth.jwksCooldownSeconds * 1_000 * Math.min(2 ** Math.max(this.failures - 1, 0), LONGEST_BACKOFF);
  }

  /** One fetch for all who wait for it. */
  private refresh(): Promise<void> {
    this.underWay ??= this.fetch().finally(() => {
      this.underWay = undefined;
      this.schedule();
    });
    return this.underWay;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    const dueMs = this.failures > 0 ? this.pauseMs : Math.max(this.config.auth.jwksCacheSeconds * 1_000 * RENEWED_AFTER, this.pauseMs);
    this.timer = setTimeout(() => void this.refresh(), dueMs);
    this.timer.unref();
  }

  private async fetch(): Promise<void> {
    const { jwksUrl, jwksTimeoutMs, jwksBytes, jwksKeys } = this.config.auth;
    if (jwksUrl === undefined) return;
    this.attemptedAt = performance.now();
    try {
      this.take(readKeySet(await fetchKeySet(jwksUrl, { timeoutMs: jwksTimeoutMs, bytes: jwksBytes }), jwksKeys));
      this.telemetry.jwksFetched('ok');
    } catch (error) {
      const failure = error instanceof JwksFailure ? error : new JwksFailure('invalid', 'it could not be read');
      this.failed(failure.message);
      this.telemetry.jwksFetched(failure.result);
    }
  }

  private take(set: KeySet): void {
    const hadProblem = this.failures > 0;
    const isOther = set.digest !== this.set.digest;
    this.failures = 0;
    this.lastProblem = undefined;
    this.fetchedAt = performance.now();
    this.set = set;
    if (hadProblem) this.logger.log('The key set can be fetched again.');
    if (!isOther) return;
    this.logger.log({ event: 'jwks.changed', keys: set.keys.map(({ kid, algorithm }) => ({ kid: kid?.slice(0, 64), algorithm })) });
    for (const work of this.listeners) work();
  }

  private failed(problem: string): void {
    this.failures += 1;
    this.lastProblem = problem;
    const left = this.current().length;
    this.logger.warn(
      `The key set cannot be used: ${problem}. ${left === 0 ? 'No key of it is known, so its tokens are refused with UNAVAILABLE' : `The ${left} keys fetched last go on serving`}; it is asked again in ${Math.round(this.pauseMs / 1_000)} s.`,
    );
  }
}
