import type { SubscriptionView } from '../../messaging/gateway-control.js';
import type { Receipt } from '../../messaging/ledger/receipt.js';
import type { Subscriber } from '../../messaging/subscriber.js';
import type { Subscriptions } from '../../messaging/subscriptions.js';

/** What a subscriber has and how far it is, as its open receipts say; a topic whose subscription is still being made is left out. */
export function subscriptionViews(
  subscriber: Subscriber,
  subscriptions: Pick<Subscriptions, 'topicsOf' | 'openReceiptOf'>,
): readonly SubscriptionView[] {
  return subscriptions
    .topicsOf(subscriber)
    .toSorted()
    .flatMap((topic) => subscriptions.openReceiptOf(subscriber, topic)?.look() ?? [])
    .map(viewOf);
}

function viewOf({ topic, openedAt, epoch, after, written, acked, head, exceptions }: Receipt): SubscriptionView {
  return {
    topic,
    since: openedAt,
    epoch,
    after,
    written,
    ...(acked === 0 ? {} : { acked }),
    head,
    missed: exceptions.reduce((sum, { from, to }) => sum + to - from + 1, 0),
  };
}
