import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { NodeChannel } from '../cluster/node-channel.js';
import { SharedCounts } from '../cluster/shared-counts.js';
import { LiveSettings } from '../config/live-settings.js';
import type { CloseName } from '../protocol/close-codes.js';
import { Refusal } from '../protocol/refusal.js';
import { addressGroup } from './address-group.js';
import { type GroupKind, PlaceGroups } from './place-groups.js';
import { SharedPlaces } from './shared-places.js';
import { PLACE_RETRY_MS, tooMany } from './too-many.js';

/** How a connection ends that has to give its place up. */
export type PlaceLoss = Extract<CloseName, 'REPLACED' | 'CONNECTION_LIMIT'>;

/** One place among the connections of this node. It counts until it is released. */
export interface Place {
  /**
   * Counts it for its user too, once that is known. Refuses with `LIMIT_EXCEEDED` or, by policy, takes the place of the user's oldest
   * connection. API keys are no users.
   */
  claim(principal: Principal): void;
  /**
   * Waits until it was counted with the places on other nodes, for `cluster.countWaitMs` at most. Rejects with `LIMIT_EXCEEDED` where they
   * are too many; where that is found later, what has the place is ended.
   */
  agreed(): Promise<void>;
  /** Says how to end the connection that has it, for when it has to give it up; called at once where it has to already. */
  heldBy(end: (close: PlaceLoss) => void): void;
  /** Gives the place back; a second time does nothing. */
  release(): void;
}

/** For the node's own canary: it takes nobody's place, and finds room where there is none. */
export const NO_PLACE: Place = {
  claim: () => undefined,
  agreed: () => Promise.resolve(),
  heldBy: () => undefined,
  release: () => undefined,
};

/**
 * The places for connections of this node, of an address, and of a user: WebSockets, upgrades under way and event streams alike. A
 * place is taken before anything is waited for, so that many who arrive at once cannot all find the same one free. Those of an address and
 * of a user are counted over all nodes, too.
 */
@Injectable()
export class ConnectionPlaces implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly groups = { user: new PlaceGroups('user'), address: new PlaceGroups('address') };
  private readonly shared: SharedPlaces;
  private count = 0;

  constructor(
    private readonly settings: LiveSettings,
    counts: SharedCounts,
    channel: NodeChannel,
  ) {
    this.shared = new SharedPlaces({ counts, channel, settings, groups: this.groups });
  }

  onApplicationBootstrap(): void {
    this.shared.start();
  }

  onApplicationShutdown(): void {
    this.shared.stop();
  }

  /** Places that are taken. */
  get taken(): number {
    return this.count;
  }

  /** Of this node. */
  takenBy(user: string): number {
    return this.groups.user.countOf(user);
  }

  /** Refuses with `UNAVAILABLE` where the node is full, with `LIMIT_EXCEEDED` where the address has its share. */
  take(address: string): Place {
    const group = addressGroup(address);
    this.requireRoom(group);
    this.count += 1;
    const place: TakenPlace = new TakenPlace({
      claim: (user, taken) => this.claim(user, taken),
      counted: () => this.counted(group, place),
      leave: (user, taken) => this.leave('user', user, taken),
      release: (user, taken) => {
        this.count -= 1;
        this.leave('address', group, taken);
        if (user !== undefined) this.leave('user', user, taken);
      },
    });
    this.enter('address', group, place);
    return place;
  }

  private requireRoom(group: string): void {
    const { maxConnections, connectionsPerAddress } = this.settings.current.gateway;
    if (maxConnections > 0 && this.count >= maxConnections) {
      throw new Refusal('UNAVAILABLE', 'this node has no room for more connections (option gateway.maxConnections)', {
        retryAfterMs: PLACE_RETRY_MS,
        rule: 'gateway.maxConnections',
      });
    }
    if (connectionsPerAddress === 0 || this.groups.address.countOf(group) < connectionsPerAddress) return;
    throw tooMany('address', connectionsPerAddress);
  }

  private claim(user: string, place: TakenPlace): void {
    const { connectionsPerUser: most, connectionsPerUserPolicy: policy } = this.settings.current.gateway;
    const count = this.groups.user.countOf(user);
    if (most > 0 && count >= most) {
      if (policy === 'reject') throw tooMany('user', most);
      // More than one only where the limit was lowered meanwhile.
      for (const oldest of this.groups.user.oldest(user, count - most + 1)) oldest.giveWay();
    }
    this.enter('user', user, place);
  }

  private enter(kind: GroupKind, name: string, place: TakenPlace): void {
    this.groups[kind].add(name, place);
    this.shared.changed(kind, name);
  }

  private leave(kind: GroupKind, name: string, place: TakenPlace): void {
    this.groups[kind].remove(name, place);
    this.shared.changed(kind, name);
  }

  /** Where the oldest gives way, nobody has to wait for the answer. */
  private async counted(group: string, { user }: TakenPlace): Promise<void> {
    const { cluster, gateway } = this.settings.current;
    if (cluster.countWaitMs === 0) return;
    const questions: Promise<void>[] = [];
    if (this.shared.counts('address')) questions.push(this.shared.counted('address', group));
    if (user !== undefined && gateway.connectionsPerUserPolicy === 'reject' && this.shared.counts('user'))
      questions.push(this.shared.counted('user', user));
    if (questions.length === 0) return;
    const patience = new AbortController();
    const tooLong = delay(cluster.countWaitMs, undefined, { signal: patience.signal, ref: false }).catch(() => undefined);
    await Promise.race([Promise.all(questions), tooLong]);
    patience.abort();
  }
}

interface Places {
  claim(user: string, place: TakenPlace): void;
  counted(): Promise<void>;
  leave(user: string, place: TakenPlace): void;
  release(user: string | undefined, place: TakenPlace): void;
}

/** Knows for whom it counts, so that exactly that is given back. */
export class TakenPlace implements Place {
  private claimed: string | undefined;
  private released = false;
  private loss: PlaceLoss | undefined;
  private refusal: Refusal | undefined;
  private end: ((close: PlaceLoss) => void) | undefined;

  constructor(private readonly places: Places) {}

  /** The user for whom it counts, once that is known. */
  get user(): string | undefined {
    return this.claimed;
  }

  claim({ kind, id }: Principal): void {
    if (kind !== 'user' || this.claimed !== undefined || this.released) return;
    this.places.claim(id, this);
    this.claimed = id;
  }

  async agreed(): Promise<void> {
    if (this.refusal === undefined) await this.places.counted();
    if (this.refusal !== undefined) throw this.refusal;
  }

  heldBy(end: (close: PlaceLoss) => void): void {
    this.end = end;
    if (this.loss !== undefined) end(this.loss);
  }

  /** To a newer one: its connection takes a moment to end, but for its user it counts no longer. */
  giveWay(): void {
    if (this.claimed !== undefined) this.places.leave(this.claimed, this);
    this.lose('REPLACED');
  }

  /** Over all nodes there were too many before it came. */
  refuse(refusal: Refusal): void {
    this.refusal = refusal;
    this.lose('CONNECTION_LIMIT');
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.end = undefined;
    this.places.release(this.claimed, this);
  }

  private lose(loss: PlaceLoss): void {
    this.loss ??= loss;
    this.end?.(loss);
  }
}
