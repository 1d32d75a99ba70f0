import type { Member, MemberCard } from './member.js';
import { type Beat, type BeatTerms, MemberStore } from './member-store.js';

interface Entry {
  readonly card: MemberCard;
  readonly until: number;
  /** Since when it has been written without a break. */
  readonly since: number;
  readonly lostAt: number | undefined;
}

/** What stores of one process share: one for each cluster. */
export class MemberTable {
  readonly entries = new Map<string, Entry>();
}

/** The store of a single node. Several on one `MemberTable` behave like several nodes. */
export class MemoryMemberStore extends MemberStore {
  override isOpen = true;
  private readonly openListeners: (() => void)[] = [];

  constructor(
    private readonly table = new MemberTable(),
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  override async beat(card: MemberCard, { leaseMs, keepMs }: BeatTerms, takeOver = false): Promise<Beat> {
    this.requireOpen();
    const now = this.now();
    const { entries } = this.table;
    const held = entries.get(card.node);
    const isHeld = held !== undefined && held.until > now;
    if (isHeld && held.card.run !== card.run && !takeOver) return { kind: 'taken', run: held.card.run };
    const since = isHeld && held.card.run === card.run ? held.since : now;
    entries.set(card.node, { card, until: now + leaseMs, since, lostAt: undefined });
    const lost = now - since >= leaseMs ? this.markLost(now) : [];
    for (const [node, { lostAt }] of entries) if (lostAt !== undefined && lostAt + keepMs <= now) entries.delete(node);
    return { kind: 'written', members: [...entries.values()].map(memberOf), lost, fresh: held === undefined };
  }

  override async restore(cards: readonly MemberCard[], { leaseMs }: BeatTerms): Promise<void> {
    this.requireOpen();
    const now = this.now();
    for (const card of cards) {
      if (!this.table.entries.has(card.node))
        this.table.entries.set(card.node, { card, until: now + leaseMs, since: now, lostAt: undefined });
    }
  }

  override async leave(node: string, run: string): Promise<void> {
    this.requireOpen();
    if (this.table.entries.get(node)?.card.run === run) this.table.entries.delete(node);
  }

  override onOpen(listener: () => void): void {
    this.openListeners.push(listener);
  }

  /** As a Redis that goes away, and comes back. */
  setOpen(isOpen: boolean): void {
    this.isOpen = isOpen;
    if (isOpen) for (const listener of this.openListeners) listener();
  }

  private markLost(now: number): string[] {
    const lost: string[] = [];
    for (const [node, entry] of this.table.entries) {
      if (entry.until > now || entry.lostAt !== undefined) continue;
      this.table.entries.set(node, { ...entry, lostAt: now });
      lost.push(node);
    }
    return lost;
  }

  private requireOpen(): void {
    if (!this.isOpen) throw new Error('the store is away');
  }
}

function memberOf({ card, lostAt }: Entry): Member {
  return { card, lostAt };
}
