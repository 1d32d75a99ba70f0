import { Refusal } from '../../protocol/refusal.js';

/** Where a page of a short list in memory ended: at which item, and what the list is sorted by there. */
interface Place {
  readonly key: number;
  readonly id: string;
}

/** How a list is sorted: by a rising number. */
export interface Ordered<Item> {
  readonly idOf: (item: Item) => string;
  readonly keyOf: (item: Item) => number;
}

/**
 * One page of a list that is sorted already. The next one goes on behind the last item or, where that has left the list meanwhile, behind its place.
 * Refuses a cursor that no page had with `BAD_REQUEST`.
 */
export function pageBehind<Item>(
  all: readonly Item[],
  { idOf, keyOf }: Ordered<Item>,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
): { readonly items: readonly Item[]; readonly next?: string } {
  const place = cursor === undefined ? undefined : placeIn(cursor);
  const at = place === undefined ? -1 : all.findIndex((item) => idOf(item) === place.id);
  const rest = place === undefined || at !== -1 ? all.slice(at + 1) : all.filter((item) => keyOf(item) > place.key);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (last === undefined || rest.length === items.length) return { items };
  return { items, next: cursorAt(keyOf(last), idOf(last)) };
}

/** What asks for the items behind this one. */
export function cursorAt(key: number, id: string): string {
  return Buffer.from(JSON.stringify([key, id])).toString('base64url');
}

function placeIn(cursor: string): Place {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value)) {
      const [key, id] = value as readonly unknown[];
      if (typeof key === 'number' && typeof id === 'string') return { key, id };
    }
  } catch {
    // Told below, with every other broken cursor.
  }
  throw Refusal.badRequest('query.cursor', 'not one that this list gave out');
}
