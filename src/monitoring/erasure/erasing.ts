import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Nudges } from '../../cluster/nudges.js';
import { type Erased, Erasure } from '../../messaging/erasure.js';
import { GatewayControl, type LeavingConnection } from '../../messaging/gateway-control.js';
import { type ErasedUsers, erasedUser } from '../../messaging/ledger/erased-users.js';
import { Ledger } from '../../messaging/ledger/ledger.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import { Refusals } from '../refusals/refusals.js';

/** What the user asked for before gets this long to end: a publish under way is stored, or is not. */
const SETTLE_MS = 5_000;
const POLL_MS = 20;
const RETRY_MS = 5_000;

export interface ErasedUser extends Erased {
  /** Connections of this node that were closed for it. */
  readonly disconnected: number;
}

interface Current {
  readonly user: string;
  /** Connections that ended for it, or shortly before. */
  readonly left: LeavingConnection[];
}

/**
 * Erases users, one after the other: out of the database, out of this node's memory, and off their connections. Whom another node erases
 * leaves this one as well, as soon as this node hears of it or the ledger's next checkpoint finds it.
 */
@Injectable()
export class Erasing implements OnApplicationBootstrap {
  private current: Current | undefined;

  constructor(
    private readonly modules: ModuleRef,
    private readonly refusals: Refusals,
    private readonly nudges: Nudges,
  ) {}

  onApplicationBootstrap(): void {
    const ledger = findProvider(this.modules, Ledger);
    ledger?.whenErased((erased) => this.follow(erased));
    this.nudges.on('erasures', () => ledger?.lookForErasures());
  }

  async erase(user: string): Promise<ErasedUser> {
    if (this.current !== undefined)
      throw new Refusal('UNAVAILABLE', 'another user is being erased on this node; ask again when that is done', {
        retryAfterMs: RETRY_MS,
      });
    const erasing: Current = { user, left: [] };
    this.current = erasing;
    try {
      const erased = await this.find(Erasure).erase(user, (until) => this.leave(erasing, erasedUser(user, until)));
      return { ...erased, disconnected: erasing.left.filter(({ wasOpen }) => wasOpen).length };
    } finally {
      this.current = undefined;
    }
  }

  private async leave(erasing: Current, erased: ErasedUsers): Promise<readonly string[]> {
    this.nudges.tell('erasures');
    this.follow(erased);
    await settled(erasing.left);
    this.refusals.forget(erased);
    return erasing.left.map(({ id }) => id);
  }

  /** Out of this node's memory and off its connections; whichever node erases them. */
  private follow(erased: ErasedUsers): void {
    const gateway = this.find(GatewayControl);
    const left = gateway.expel(erased);
    this.current?.left.push(...left.filter(({ user }) => user === this.current?.user));
    gateway.forget(erased);
    this.refusals.forget(erased);
    this.find(Erasure).forget();
  }

  /** Those that stand on the modules made after this one. */
  private find<T>(token: abstract new (...parameters: never[]) => T): T {
    const found = findProvider(this.modules, token);
    if (found === undefined)
      throw new Refusal('UNAVAILABLE', 'this node is starting: nobody can be erased yet', { retryAfterMs: RETRY_MS });
    return found;
  }
}

/** Rejects with `UNAVAILABLE` where something of theirs goes on: it might store what is to be gone. */
async function settled(left: readonly LeavingConnection[]): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (left.some(({ isBusy }) => isBusy)) {
    if (performance.now() >= deadline)
      throw new Refusal('UNAVAILABLE', 'the erasure is not complete, because commands of the user are still under way: repeat it', {
        retryAfterMs: RETRY_MS,
      });
    await sleep(POLL_MS);
  }
}
