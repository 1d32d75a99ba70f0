import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { addressGroup } from './address-group.js';
import { Tally } from './tally.js';

const RETRY_MS = 5_000;

/** One place among the connections of this node. It counts until it is released. */
export interface Place {
  /** Counts it for its user too, once that is known. Refuses with `LIMIT_EXCEEDED`. API keys are no users. */
  claim(principal: Principal): void;
  /** Gives the place back; a second time does nothing. */
  release(): void;
}

/**
 * The places for connections of this node, of an address, and of a user: WebSockets, upgrades under way and event streams alike. A
 * place is taken before anything is waited for, so that many who arrive at once cannot all find the same one free.
 */
@Injectable()
export class ConnectionPlaces {
  private readonly ofAddress = new Tally();
  private readonly ofUser = new Tally();
  private count = 0;

  constructor(private readonly config: Config) {}

  /** Places that are taken. */
  get taken(): number {
    return this.count;
  }

  takenBy(user: string): number {
    return this.ofUser.of(user);
  }

  /** Refuses with `UNAVAILABLE` where the node is full, with `LIMIT_EXCEEDED` where the address has its share. */
  take(address: string): Place {
    const group = addressGroup(address);
    this.requireRoom(group);
    this.count += 1;
    this.ofAddress.add(group);
    return new TakenPlace({ claim: (user) => this.claim(user), release: (user) => this.release(group, user) });
  }

  private requireRoom(group: string): void {
    const { maxConnections, connectionsPerAddress } = this.config.gateway;
    if (maxConnections > 0 && this.count >= maxConnections) {
      throw new Refusal('UNAVAILABLE', 'this node has no room for more connections (option gateway.maxConnections)', {
        retryAfterMs: RETRY_MS,
      });
    }
    if (connectionsPerAddress === 0 || this.ofAddress.of(group) < connectionsPerAddress) return;
    throw tooMany('address', connectionsPerAddress, 'gateway.connectionsPerAddress');
  }

  private claim(user: string): void {
    const { connectionsPerUser } = this.config.gateway;
    if (connectionsPerUser > 0 && this.ofUser.of(user) >= connectionsPerUser)
      throw tooMany('user', connectionsPerUser, 'gateway.connectionsPerUser');
    this.ofUser.add(user);
  }

  private release(group: string, user: string | undefined): void {
    this.count -= 1;
    this.ofAddress.remove(group);
    if (user !== undefined) this.ofUser.remove(user);
  }
}

/** Knows for whom it counts, so that exactly that is given back. */
class TakenPlace implements Place {
  private user: string | undefined;
  private released = false;

  constructor(private readonly places: { claim(user: string): void; release(user: string | undefined): void }) {}

  claim({ kind, id }: Principal): void {
    if (kind !== 'user' || this.user !== undefined || this.released) return;
    this.places.claim(id);
    this.user = id;
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.places.release(this.user);
  }
}

function tooMany(whose: 'address' | 'user', most: number, option: string): Refusal {
  return new Refusal('LIMIT_EXCEEDED', `one ${whose} may have ${most} connections here (option ${option})`, { retryAfterMs: RETRY_MS });
}
