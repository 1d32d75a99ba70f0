import { setImmediate as nextTurn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { NodeChannel } from '../cluster/node-channel.js';
import type { SharedCounts, TotalCount } from '../cluster/shared-counts.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { TakenPlace } from './connection-places.js';
import type { GroupKind, PlaceGroups } from './place-groups.js';
import { tooMany } from './too-many.js';

/** Names in one question. */
const BATCH = 500;
/** Looks within the life of a lease, so that two of them may come to nothing. */
const LOOKS = 3;
const EVICT = 'places.evict';

interface Change {
  readonly kind: GroupKind;
  readonly name: string;
  /** Places that were there when it was said: only these are judged by the answer. */
  said: readonly TakenPlace[];
  readonly answered: (() => void)[];
}

export interface SharedPlacesParts {
  readonly counts: SharedCounts;
  readonly channel: NodeChannel;
  readonly settings: LiveSettings;
  readonly groups: Readonly<Record<GroupKind, PlaceGroups>>;
}

/**
 * Holds the limits of users and addresses over all nodes. A place is taken on its own node first, and counted with those of the others
 * afterwards: where they are too many, the newest goes or, by policy, the oldest, on whichever node that is. While the others cannot be
 * asked this node's own count is all there is.
 */
export class SharedPlaces {
  private readonly logger = new Logger('ConnectionPlaces');
  /** What changed and has not been said, by kind and name. */
  private readonly changes = new Map<string, Change>();
  private saying: Promise<void> | undefined;
  private refresh: NodeJS.Timeout | undefined;
  private isAlone = false;

  constructor(private readonly parts: SharedPlacesParts) {
    parts.counts.onForgotten(() => this.sayAll());
    parts.channel.on(EVICT, ({ name, until }) => {
      if (typeof name === 'string' && typeof until === 'number') this.evict(name, until);
    });
  }

  start(): void {
    if (!this.parts.counts.isShared) return;
    this.refresh = setInterval(() => this.sayAll(), this.leaseMs / LOOKS);
    this.refresh.unref();
  }

  stop(): void {
    clearInterval(this.refresh);
  }

  /** Whether places of this kind are counted over all nodes. */
  counts(kind: GroupKind): boolean {
    return this.parts.counts.isShared && this.mostOf(kind) > 0;
  }

  /** A place of this group came or went. */
  changed(kind: GroupKind, name: string): void {
    if (this.counts(kind)) this.note(kind, name);
  }

  /** Resolves when what is there now was counted over all nodes, or cannot be. */
  async counted(kind: GroupKind, name: string): Promise<void> {
    const { answered } = this.note(kind, name);
    if (this.isAlone) return;
    await new Promise<void>((resolve) => answered.push(resolve));
  }

  private note(kind: GroupKind, name: string): Change {
    const key = `${kind}:${name}`;
    const change = this.changes.get(key) ?? { kind, name, said: [], answered: [] };
    this.changes.set(key, change);
    this.saying ??= this.sayChanges();
    return change;
  }

  /** So that leases go on, and after what was said may have been forgotten. */
  private sayAll(): void {
    for (const group of Object.values(this.parts.groups))
      if (this.counts(group.kind)) for (const name of group.names()) this.note(group.kind, name);
  }

  /** One question at a time: what comes meanwhile is gathered for the next. */
  private async sayChanges(): Promise<void> {
    // Who arrives in this turn of the loop is in the first one.
    await nextTurn();
    while (this.changes.size > 0) {
      const batch = [...this.changes].slice(0, BATCH);
      for (const [key] of batch) this.changes.delete(key);
      await this.say(batch);
    }
    this.saying = undefined;
  }

  private async say(batch: readonly (readonly [key: string, change: Change])[]): Promise<void> {
    const counts = batch.map(([name, change]) => this.ownCount(name, change));
    try {
      const totals = await this.parts.counts.say(counts, this.leaseMs);
      batch.forEach(([, change], index) => this.judge(change, totals[index]));
      if (this.isAlone) this.logger.log('connections of users and addresses are counted over all nodes again');
      this.isAlone = false;
    } catch (error) {
      if (!this.isAlone)
        this.logger.warn(
          `connections of users and addresses are counted on this node alone, because the others cannot be asked: ${error instanceof Error ? error.message : String(error)}`,
        );
      this.isAlone = true;
      // Who was let in by this node's own count stays.
      for (const [, { kind, name, said }] of batch) for (const place of said) this.parts.groups[kind].agree(name, place);
    } finally {
      for (const [, { answered }] of batch) for (const resolve of answered) resolve();
    }
  }

  private ownCount(name: string, change: Change): { name: string; count: number; oldestAt: number } {
    const group = this.parts.groups[change.kind];
    change.said = group.waiting(change.name);
    return { name, count: group.countOf(change.name), oldestAt: group.oldestSince(change.name) };
  }

  private judge({ kind, name, said }: Change, answer: TotalCount | undefined): void {
    const group = this.parts.groups[kind];
    const most = this.mostOf(kind);
    let excess = most === 0 || answer === undefined ? 0 : Math.max(0, answer.total - most);
    if (excess > 0 && this.replaces(kind)) this.evictOldest(name, answer?.oldest);
    for (const place of said) {
      if (excess === 0 || this.replaces(kind)) {
        group.agree(name, place);
        continue;
      }
      excess -= 1;
      // It counts no longer, while its connection takes a moment to end.
      group.remove(name, place);
      this.note(kind, name);
      place.refuse(tooMany(kind, most));
    }
  }

  /** One at a time: when that has gone, what it says next tells whether there are still too many. */
  private evictOldest(name: string, oldest: TotalCount['oldest']): void {
    if (oldest === undefined) return;
    if (oldest.node === this.parts.channel.node) return this.evict(name, oldest.at);
    this.parts.channel.say(EVICT, { name, until: oldest.at }, oldest.node).catch(() => undefined);
  }

  /** None that is younger than what was counted as the oldest: a word that comes twice, or late, ends nobody else. */
  private evict(name: string, until: number): void {
    for (const place of this.parts.groups.user.oldest(name, 1, until)) place.giveWay();
  }

  private mostOf(kind: GroupKind): number {
    const { connectionsPerUser, connectionsPerAddress } = this.parts.settings.current.gateway;
    return kind === 'user' ? connectionsPerUser : connectionsPerAddress;
  }

  private replaces(kind: GroupKind): boolean {
    return kind === 'user' && this.parts.settings.current.gateway.connectionsPerUserPolicy === 'evict_oldest';
  }

  private get leaseMs(): number {
    return this.parts.settings.current.cluster.countLeaseMs;
  }
}
