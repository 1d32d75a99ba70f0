import { Refusal } from '../../protocol/refusal.js';

/** A place in the order of receipts: by run, then by number. */
export interface ReceiptPlace {
  readonly run: number;
  readonly no: number;
}

export const BEFORE_ALL_RECEIPTS: ReceiptPlace = { run: -1, no: -1 };

export function compareReceipts(left: ReceiptPlace, right: ReceiptPlace): number {
  return left.run - right.run || left.no - right.no;
}

export function receiptCursor({ run, no }: ReceiptPlace): string {
  return Buffer.from(JSON.stringify([run, no])).toString('base64url');
}

/** The last place of the page before; before all of them without one. Throws `BAD_REQUEST`. */
export function receiptPlaceOf(cursor: string | undefined): ReceiptPlace {
  if (cursor === undefined) return BEFORE_ALL_RECEIPTS;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value) && value.length === 2 && value.every((part) => Number.isSafeInteger(part))) {
      const [run, no] = value as [number, number];
      return { run, no };
    }
  } catch {
    // Told below, with every other broken cursor.
  }
  throw Refusal.badRequest('cursor', 'not one that this list gave out');
}
