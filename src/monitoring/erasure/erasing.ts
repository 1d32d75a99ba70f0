import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type Erased, Erasure } from '../../messaging/erasure.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import { Refusals } from '../refusals/refusals.js';

/** Peers get this long to answer the close. */
const LEAVE_MS = 5_000;
const POLL_MS = 20;
const PAGE = 1_000;
const RETRY_MS = 5_000;

export interface ErasedUser extends Erased {
  /** Connections of this node that were closed for it. */
  readonly disconnected: number;
}

/** Erases users, one after the other: out of the database, out of this node's memory, and off their connections. */
@Injectable()
export class Erasing {
  private current: string | undefined;

  constructor(
    private readonly modules: ModuleRef,
    private readonly refusals: Refusals,
  ) {}

  private get gateway(): GatewayControl {
    return this.find(GatewayControl);
  }

  async erase(user: string): Promise<ErasedUser> {
    if (this.current !== undefined)
      throw new Refusal('UNAVAILABLE', 'another user is being erased on this node; ask again when that is done', {
        retryAfterMs: RETRY_MS,
      });
    this.current = user;
    const record = this.refusals.countOnly(user);
    try {
      const closed = new Set<string>();
      const erased = await this.find(Erasure).erase(user, () => this.disconnect(user, closed));
      this.gateway.forget(user);
      this.refusals.forget(user);
      return { ...erased, disconnected: closed.size };
    } finally {
      record();
      this.current = undefined;
    }
  }

  /** They may come back at once: what they are given then is recorded anew. */
  private async disconnect(user: string, closed: Set<string>): Promise<void> {
    const known = this.connectionsOf(user);
    for (const id of known) if (this.gateway.disconnect(id, 'DISCONNECTED')) closed.add(id);
    const deadline = performance.now() + LEAVE_MS;
    while (performance.now() < deadline && this.connectionsOf(user).some((id) => known.includes(id))) await sleep(POLL_MS);
  }

  private connectionsOf(user: string): readonly string[] {
    const query = { state: 'open', sort: 'id', limit: PAGE, cursor: undefined, filters: { user } } as const;
    return this.gateway.connections(query).items.map(({ id }) => id);
  }

  /** Those that stand on the modules made after this one. */
  private find<T>(token: abstract new (...parameters: never[]) => T): T {
    const found = findProvider(this.modules, token);
    if (found === undefined)
      throw new Refusal('UNAVAILABLE', 'this node is starting: nobody can be erased yet', { retryAfterMs: RETRY_MS });
    return found;
  }
}
