import type { CarriedMessage, FrameSink } from '../frame.js';
import type { SubscriptionReceipt } from './subscription-receipt.js';

/** What has not been handed to the kernel of what one receipt was offered. */
export interface UnwrittenSpan {
  readonly lowest: number;
  readonly highest: number;
  /** Highest `seq` that was given to the socket; 0 where none was. */
  readonly inFlight: number;
}

interface WaitingMessage {
  readonly message: CarriedMessage;
  readonly inFlight: boolean;
}

/** Everything that one connection was offered and has not handed to the kernel, as it stands when this is made. */
export class Unwritten {
  private readonly byTopic = new Map<string, WaitingMessage[]>();

  constructor(sink: FrameSink) {
    sink.unwritten?.((message, inFlight) => {
      const known = this.byTopic.get(message.topic);
      if (known === undefined) this.byTopic.set(message.topic, [{ message, inFlight }]);
      else known.push({ message, inFlight });
    });
  }

  /** Of one receipt; `earlier`: those of the same topic and epoch that came before it and have not closed, oldest first. */
  of(receipt: SubscriptionReceipt, earlier: readonly SubscriptionReceipt[]): UnwrittenSpan | undefined {
    let lowest = Infinity;
    let highest = 0;
    let handed = 0;
    for (const { message, inFlight } of this.byTopic.get(receipt.subscription.topic) ?? []) {
      const { epoch, seq } = message;
      if (epoch !== receipt.epoch || !isOf(receipt, message, earlier)) continue;
      lowest = Math.min(lowest, seq);
      highest = Math.max(highest, seq);
      if (inFlight) handed = Math.max(handed, seq);
    }
    return highest === 0 ? undefined : { lowest, highest, inFlight: handed };
  }
}

/** A frame that all live subscribers share names no receipt; but their `seq` rises from one receipt to the next. */
function isOf(receipt: SubscriptionReceipt, { seq, receipt: named }: CarriedMessage, earlier: readonly SubscriptionReceipt[]): boolean {
  if (named !== undefined) return named === receipt.no;
  if (receipt.stage !== 'live' || (receipt.isFinished && seq > receipt.offered)) return false;
  return !earlier.some((older) => older.stage === 'live' && seq <= older.offered);
}
