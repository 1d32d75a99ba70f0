import type { FoundReceipt, MessagePlace } from '../../messaging/ledger/ledger-reader.js';
import { covers } from '../../messaging/ledger/outcome.js';
import { compareReceipts } from '../../messaging/ledger/receipt-cursor.js';
import type { Unrecorded } from './unrecorded.js';

/** Without a run of its own yet, a node has no rows. */
const NO_RUN = -1;

/** Receipts of this node that memory answers for, as they stood at one moment. */
export class HeldReceipts {
  private constructor(
    /** This run; -1 while it has no number. */
    readonly run: number,
    readonly receipts: readonly FoundReceipt[],
    /** When memory was looked at, milliseconds since the epoch. */
    readonly at: number,
  ) {}

  static ofTopic(unrecorded: Unrecorded, node: string, topic: string): HeldReceipts {
    const open = unrecorded.open.of(topic)?.receipts() ?? [];
    return HeldReceipts.taken(unrecorded, node, open, (receipt) => receipt.topic === topic);
  }

  static ofConnection(unrecorded: Unrecorded, node: string, connection: string): HeldReceipts {
    const open = unrecorded.open.ofConnection(connection);
    return HeldReceipts.taken(unrecorded, node, open, (receipt) => receipt.connection === connection);
  }

  /** Numbers of all of them. */
  get numbers(): readonly number[] {
    return this.receipts.map(({ receipt }) => receipt.no);
  }

  /** In the order of receipts. */
  covering({ epoch, seq }: MessagePlace): readonly FoundReceipt[] {
    return this.receipts
      .filter(({ receipt }) => receipt.epoch === epoch && covers(receipt, seq))
      .toSorted((left, right) => compareReceipts({ run: left.run, no: left.receipt.no }, { run: right.run, no: right.receipt.no }));
  }

  private static taken(
    unrecorded: Unrecorded,
    node: string,
    open: Iterable<{ look(): FoundReceipt['receipt'] }>,
    isWanted: (receipt: FoundReceipt['receipt']) => boolean,
  ): HeldReceipts {
    const run = unrecorded.runId ?? NO_RUN;
    const found = new Map<number, FoundReceipt>();
    for (const one of open) {
      const receipt = one.look();
      found.set(receipt.no, { receipt, node, run, state: { kind: 'open' } });
    }
    for (const receipt of unrecorded.closings())
      if (isWanted(receipt)) found.set(receipt.no, { receipt, node, run, state: { kind: 'closed' } });
    return new HeldReceipts(run, [...found.values()], Date.now());
  }
}
