import type { NamespacePolicy } from '../../config/namespace-policy.js';
import type { StoredMessage } from '../../messaging/ledger/ledger-reader.js';
import type { TopicEnds } from '../../messaging/message-log.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Sources } from './ledger-sources.js';

/** What became of the message itself. `expired`: past its retention; `not_buffered`: an ephemeral one that is in no buffer any more. */
export type MessageFate = 'stored' | 'erased' | 'expired' | 'not_buffered' | 'earlier_epoch';

/** A place of a topic at which there is or was a message. */
export interface LocatedMessage {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly fate: MessageFate;
  /** Present where it can still be read, `stored` or `erased`. */
  readonly message: StoredMessage | undefined;
  /** When it was stored, or accepted where it is only in memory; milliseconds since the epoch. */
  readonly at: number | undefined;
  readonly ends: TopicEnds;
  readonly policy: NamespacePolicy;
}

export interface PlaceQuery {
  readonly topic: string;
  readonly seq: number;
  readonly epoch?: string | undefined;
}

/** The message at a place, or what became of it. Rejects with `NOT_FOUND` where there was none, and says what there is instead. */
export async function locate(sources: Sources, { topic, seq, epoch }: PlaceQuery): Promise<LocatedMessage> {
  const policy = sources.stored.policyFor(topic);
  const ends = await sources.stored.ends(topic);
  const place = { topic, seq, epoch: epoch ?? ends.epoch };
  if (place.epoch !== ends.epoch) {
    await requireReceipts(sources, place, ends);
    return { ...place, fate: 'earlier_epoch', message: undefined, at: undefined, ends, policy };
  }
  if (seq > ends.head) throw beyondHead(place, ends);
  const message = policy.durable ? await sources.reader.message(place) : await buffered(sources, place);
  if (message !== undefined)
    return { ...place, fate: message.erased ? 'erased' : 'stored', message, at: message.storedAt ?? message.timestamp, ends, policy };
  return { ...place, fate: policy.durable ? 'expired' : 'not_buffered', message: undefined, at: undefined, ends, policy };
}

async function buffered({ stored }: Sources, { topic, epoch, seq }: Required<PlaceQuery>): Promise<StoredMessage | undefined> {
  const message = await stored.read(topic, seq);
  return message === undefined || message.epoch !== epoch ? undefined : { ...message, storedAt: undefined, erased: false };
}

/** An earlier epoch left no messages, only what was recorded of them. */
async function requireReceipts({ reader }: Sources, place: { topic: string; epoch: string; seq: number }, ends: TopicEnds): Promise<void> {
  const { items } = await reader.covering(place, { limit: 1 });
  if (items.length > 0) return;
  throw new Refusal(
    'NOT_FOUND',
    `epoch: nothing is recorded of a message ${place.seq} of ${place.topic} in epoch ${place.epoch}; the epoch of this topic is ${ends.epoch} now, with messages up to ${ends.head}`,
    { field: 'epoch' },
  );
}

function beyondHead({ topic, seq }: PlaceQuery, { head, epoch }: TopicEnds): Refusal {
  if (head === 0)
    return new Refusal(
      'NOT_FOUND',
      `topic: nothing has been published to ${topic} in its present epoch ${epoch}; look at the spelling, or name an earlier epoch with epoch=`,
      { field: 'topic' },
    );
  return new Refusal('NOT_FOUND', `seq: ${topic} has no message ${seq} yet; its last is ${head}, in epoch ${epoch}`, { field: 'seq' });
}
