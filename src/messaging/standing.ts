import type { SessionTopic } from './session-store.js';
import type { Subscription } from './subscription.js';

/**
 * From where a subscription goes on elsewhere: after what its client acknowledged, where it said that it would, and else after what was
 * written to it. Nothing later: what is given twice its client drops by `seq`, what it never got it would miss.
 */
export function standingOf({ topic, receipt, acknowledges: ack, sink }: Subscription): SessionTopic {
  if (receipt === undefined) return { topic, since: undefined, ack };
  const { epoch, after } = receipt;
  const seq = ack ? Math.max(after, receipt.acked) : sink.lags === true ? receipt.look().written : receipt.offered;
  return { topic, since: { epoch, seq }, ack };
}
