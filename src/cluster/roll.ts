import type { Member, MemberCard } from './member.js';

interface Known extends Member {
  /** When a word of it was heard, by this roll's own count. */
  readonly heard: number;
}

/** Who is there beside this node, from what the store says and from words that are quicker. What is heard while the store is read counts more. */
export class Roll {
  private readonly known = new Map<string, Known>();
  /** Runs that said goodbye, until the store was read after it. */
  private readonly left = new Map<string, number>();
  private count = 0;

  constructor(private readonly self: string) {}

  /** In the order of their names. */
  others(): readonly Member[] {
    return [...this.known.values()].toSorted((one, other) => (one.card.node < other.card.node ? -1 : 1));
  }

  live(): readonly MemberCard[] {
    return [...this.known.values()].filter(({ lostAt }) => lostAt === undefined).map(({ card }) => card);
  }

  find(node: string): Member | undefined {
    return this.known.get(node);
  }

  heard(card: MemberCard): void {
    if (card.node !== this.self) this.known.set(card.node, { card, lostAt: undefined, heard: this.mark() });
  }

  gone(node: string, run: string): void {
    this.left.set(run, this.mark());
    if (this.known.get(node)?.card.run === run) this.known.delete(node);
  }

  /** To be taken before the store is read. */
  mark(): number {
    this.count += 1;
    return this.count;
  }

  /** @param began mark of when the reading began. */
  read(members: readonly Member[], began: number): void {
    const others = members.filter(({ card }) => card.node !== this.self && !this.left.has(card.run));
    const names = new Set(others.map(({ card }) => card.node));
    for (const [node, { heard }] of this.known) if (!names.has(node) && heard < began) this.known.delete(node);
    for (const member of others) {
      const heard = this.known.get(member.card.node)?.heard ?? 0;
      if (heard < began) this.known.set(member.card.node, { ...member, heard });
    }
    for (const [run, at] of this.left) if (at < began) this.left.delete(run);
  }
}
