import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import type { Fetch } from '../../messaging/ledger/ledger.js';
import type { Receipt } from '../../messaging/ledger/receipt.js';
import type { RefusalRecord } from '../../messaging/ledger/refusal-record.js';

/** One thing to be recorded. */
export type Entry =
  | { readonly kind: 'closed'; readonly receipt: Receipt }
  /** `follows`: all that was offered is written, so the position of its node says how far it has come. */
  | { readonly kind: 'open'; readonly receipt: Receipt; readonly follows: boolean }
  | { readonly kind: 'fetch'; readonly no: number; readonly fetch: Fetch }
  | { readonly kind: 'connection'; readonly record: ConnectionRecord }
  | { readonly kind: 'refusal'; readonly user: string; readonly refusal: RefusalRecord };

export type EntryKind = Entry['kind'];
export type EntryOf<Kind extends EntryKind> = Extract<Entry, { readonly kind: Kind }>;

/** Memory of an entry and of what it names, roughly, in bytes. */
const ENTRY_BYTES = { closed: 400, open: 400, fetch: 300, connection: 1_500, refusal: 800 } as const;
const EXCEPTION_BYTES = 100;
const EVENT_BYTES = 120;

export function bytesOf(entry: Entry): number {
  const own = ENTRY_BYTES[entry.kind];
  if (entry.kind === 'closed' || entry.kind === 'open') return own + entry.receipt.exceptions.length * EXCEPTION_BYTES;
  return entry.kind === 'connection' ? own + entry.record.events.length * EVENT_BYTES : own;
}

/** Times that an entry speaks of: where it is lost, nothing is known of them. Undefined where no outcome depends on it. */
export function spanOf(entry: Entry): readonly [from: number, to: number] | undefined {
  if (entry.kind === 'fetch') return [entry.fetch.at, entry.fetch.at];
  if (entry.kind === 'closed' || entry.kind === 'open') return [entry.receipt.openedAt, entry.receipt.closedAt ?? Date.now()];
  return undefined;
}
