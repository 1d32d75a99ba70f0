import { Refusal } from '../../protocol/refusal.js';

/** Nodes that a cursor may name. */
const MOST_NODES = 1_000;

/** How far each node's own list was read; a place in a list whose order only its node knows. */
export type NodeCursors<Place extends string | number> = Readonly<Record<string, Place>>;

/** One part of a list, in its node's order. */
export interface NodePart<Item, Place extends string | number> {
  readonly node: string;
  readonly items: readonly Item[];
  readonly places: readonly Place[];
  /** Where the node's list begins at this moment, so that what comes later is not taken for something older. */
  readonly top: Place;
  /** Whether there is more behind the items. */
  readonly more: boolean;
}

/**
 * Joins lists of several nodes, each in its own order, by `after`: which of two items stands below the other. The cursor keeps for each node how
 * far its list was read, so that nothing is skipped or repeated whoever answers first. A node that goes away takes the rest of its list with it; one
 * that comes between two pages begins at its beginning.
 */
export function joinedParts<Item, Place extends string | number>(
  parts: readonly NodePart<Item, Place>[],
  before: NodeCursors<Place>,
  limit: number,
  isBelow: (one: Item, other: Item) => boolean,
): { readonly items: readonly Item[]; readonly next: string | undefined } {
  const read = new Map(parts.map(({ node }) => [node, 0]));
  const items: Item[] = [];
  const nextOf = ({ node, items: own }: NodePart<Item, Place>): Item | undefined => own[read.get(node) ?? 0];
  while (items.length < limit) {
    const waiting = parts.filter((part) => nextOf(part) !== undefined);
    const [first, ...others] = waiting;
    if (first === undefined) break;
    const best = others.reduce((top, part) => (isBelow(nextOf(top) as Item, nextOf(part) as Item) ? part : top), first);
    items.push(nextOf(best) as Item);
    read.set(best.node, (read.get(best.node) ?? 0) + 1);
  }
  const isMore = parts.some((part) => nextOf(part) !== undefined || part.more);
  if (!isMore) return { items, next: undefined };
  const places = parts.map(({ node, places: own, top }) => [node, own[(read.get(node) ?? 0) - 1] ?? before[node] ?? top] as const);
  return { items, next: encoded({ ...before, ...Object.fromEntries(places) }) };
}

export function readCursors<Place extends string | number>(
  cursor: string | undefined,
  isPlace: (value: unknown) => value is Place,
): NodeCursors<Place> {
  if (cursor === undefined) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const entries = Object.entries(value);
      const good = entries.filter((entry): entry is [string, Place] => isPlace(entry[1]));
      if (good.length === entries.length && good.length > 0 && good.length <= MOST_NODES) return Object.fromEntries(good);
    }
  } catch {
    // Told below, with every other broken cursor.
  }
  throw Refusal.badRequest('query.cursor', 'not one that this list gave out');
}

function encoded(places: Readonly<Record<string, string | number>>): string {
  return Buffer.from(JSON.stringify(places)).toString('base64url');
}
