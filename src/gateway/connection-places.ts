import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { LiveSettings } from '../config/live-settings.js';
import { Refusal } from '../protocol/refusal.js';
import { addressGroup } from './address-group.js';
import { Tally } from './tally.js';

const RETRY_MS = 5_000;

/** One place among the connections of this node. It counts until it is released. */
export interface Place {
  /**
   * Counts it for its user too, once that is known. Refuses with `LIMIT_EXCEEDED` or, by policy, takes the place of the user's oldest
   * connection. API keys are no users.
   */
  claim(principal: Principal): void;
  /** Says how to end the connection that has it, for when a newer one takes its place; called at once where one has already. */
  heldBy(replace: () => void): void;
  /** Gives the place back; a second time does nothing. */
  release(): void;
}

/** For the node's own canary: it takes nobody's place, and finds room where there is none. */
export const NO_PLACE: Place = { claim: () => undefined, heldBy: () => undefined, release: () => undefined };

/**
 * The places for connections of this node, of an address, and of a user: WebSockets, upgrades under way and event streams alike. A
 * place is taken before anything is waited for, so that many who arrive at once cannot all find the same one free.
 */
@Injectable()
export class ConnectionPlaces {
  private readonly ofAddress = new Tally();
  /** Oldest claim first. Holds no user who has none. */
  private readonly ofUser = new Map<string, Set<TakenPlace>>();
  private count = 0;

  constructor(private readonly settings: LiveSettings) {}

  /** Places that are taken. */
  get taken(): number {
    return this.count;
  }

  takenBy(user: string): number {
    return this.ofUser.get(user)?.size ?? 0;
  }

  /** Refuses with `UNAVAILABLE` where the node is full, with `LIMIT_EXCEEDED` where the address has its share. */
  take(address: string): Place {
    const group = addressGroup(address);
    this.requireRoom(group);
    this.count += 1;
    this.ofAddress.add(group);
    return new TakenPlace({
      claim: (user, place) => this.claim(user, place),
      release: (user, place) => {
        this.count -= 1;
        this.ofAddress.remove(group);
        if (user !== undefined) this.leave(user, place);
      },
    });
  }

  private requireRoom(group: string): void {
    const { maxConnections, connectionsPerAddress } = this.settings.current.gateway;
    if (maxConnections > 0 && this.count >= maxConnections) {
      throw new Refusal('UNAVAILABLE', 'this node has no room for more connections (option gateway.maxConnections)', {
        retryAfterMs: RETRY_MS,
        rule: 'gateway.maxConnections',
      });
    }
    if (connectionsPerAddress === 0 || this.ofAddress.of(group) < connectionsPerAddress) return;
    throw tooMany('address', connectionsPerAddress, 'gateway.connectionsPerAddress');
  }

  private claim(user: string, place: TakenPlace): void {
    const { connectionsPerUser: most, connectionsPerUserPolicy: policy } = this.settings.current.gateway;
    const places = this.ofUser.get(user) ?? new Set();
    if (most > 0 && places.size >= most) {
      if (policy === 'reject') throw tooMany('user', most, 'gateway.connectionsPerUser');
      // More than one only where the limit was lowered meanwhile.
      for (const oldest of [...places].slice(0, places.size - most + 1)) this.evict(user, oldest);
    }
    places.add(place);
    this.ofUser.set(user, places);
  }

  /** Its connection takes a moment to end; for its user it counts no longer. */
  private evict(user: string, place: TakenPlace): void {
    this.leave(user, place);
    place.replace();
  }

  private leave(user: string, place: TakenPlace): void {
    const places = this.ofUser.get(user);
    places?.delete(place);
    if (places?.size === 0) this.ofUser.delete(user);
  }
}

interface Places {
  claim(user: string, place: TakenPlace): void;
  release(user: string | undefined, place: TakenPlace): void;
}

/** Knows for whom it counts, so that exactly that is given back. */
class TakenPlace implements Place {
  private user: string | undefined;
  private released = false;
  private replaced = false;
  private end: (() => void) | undefined;

  constructor(private readonly places: Places) {}

  claim({ kind, id }: Principal): void {
    if (kind !== 'user' || this.user !== undefined || this.released) return;
    this.places.claim(id, this);
    this.user = id;
  }

  heldBy(replace: () => void): void {
    this.end = replace;
    if (this.replaced) replace();
  }

  replace(): void {
    this.replaced = true;
    this.end?.();
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.end = undefined;
    this.places.release(this.user, this);
  }
}

function tooMany(whose: 'address' | 'user', most: number, option: string): Refusal {
  const message = `one ${whose} may have ${most} connections here (option ${option})`;
  return new Refusal('LIMIT_EXCEEDED', message, { retryAfterMs: RETRY_MS, rule: option });
}
