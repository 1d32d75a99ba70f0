import type { TakenPlace } from './connection-places.js';

/** Places that count together: those of one user, or of one address. */
export type GroupKind = 'user' | 'address';

interface Standing {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Whether it has been counted over all nodes and found to be within the limit. */
  isAgreed: boolean;
}

/** The places of each user, or of each address, oldest first. Holds none who has no place. */
export class PlaceGroups {
  private readonly groups = new Map<string, Map<TakenPlace, Standing>>();

  constructor(readonly kind: GroupKind) {}

  countOf(name: string): number {
    return this.groups.get(name)?.size ?? 0;
  }

  /** When the oldest place came; now where there is none. */
  oldestSince(name: string): number {
    const [first] = this.groups.get(name)?.values() ?? [];
    return first?.since ?? Date.now();
  }

  names(): IterableIterator<string> {
    return this.groups.keys();
  }

  add(name: string, place: TakenPlace): void {
    const places = this.groups.get(name) ?? new Map<TakenPlace, Standing>();
    places.set(place, { since: Date.now(), isAgreed: false });
    this.groups.set(name, places);
  }

  remove(name: string, place: TakenPlace): void {
    const places = this.groups.get(name);
    places?.delete(place);
    if (places?.size === 0) this.groups.delete(name);
  }

  /** The oldest ones, so many; `until`: none that is younger. */
  oldest(name: string, most: number, until = Infinity): readonly TakenPlace[] {
    const found: TakenPlace[] = [];
    for (const [place, { since }] of this.groups.get(name) ?? []) {
      if (found.length >= most || since > until) break;
      found.push(place);
    }
    return found;
  }

  /** Those that have not been agreed to, youngest first. */
  waiting(name: string): readonly TakenPlace[] {
    const places = [...(this.groups.get(name) ?? [])].filter(([, { isAgreed }]) => !isAgreed).map(([place]) => place);
    return places.reverse();
  }

  agree(name: string, place: TakenPlace): void {
    const standing = this.groups.get(name)?.get(place);
    if (standing !== undefined) standing.isAgreed = true;
  }
}
