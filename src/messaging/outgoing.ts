import type { SlowPolicy } from '../config/namespace-policy.js';
import { encodeServerFrame, encodeTopicMessage } from '../protocol/codec.js';
import { textFrame } from '../protocol/text-frame.js';
import type { Frame } from './frame.js';
import type { Message } from './message.js';

/**
 * Why messages are not delivered, as subscribers are told. `retention`: the log has dropped them. `buffer`: an ephemeral
 * topic's buffer has moved past them. `lost`: the log does not have them. `reset`: the topic began again and too much of the
 * new epoch lies before this point to be pushed; history has it. `slow_consumer`: this reader was too slow for them, and the
 * namespace's policy dropped them.
 */
export type GapReason = 'retention' | 'buffer' | 'lost' | 'reset' | 'slow_consumer';

/** Messages `from` to `to` will not come. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
}

/** One frame on its way to every subscriber of a topic, with the position it leads to. Encoded once for all. */
export interface Outgoing extends Frame {
  readonly kind: 'message' | 'gap' | 'reset' | 'notice';
  readonly epoch: string;
  /** Where a subscriber stands after it: the message's `seq`, the end of the gap, 0 after a reset. Notices do not move anybody. */
  readonly seq: number;
  readonly message: Message | undefined;
  /** Of a gap: what will not come. */
  readonly gap?: Gap;
}

/** How the topics of a namespace are handed out. */
export interface OutgoingPolicy {
  readonly namespace: string;
  readonly slow: SlowPolicy;
}

export function messageFrame(message: Message): Frame {
  return { bytes: textFrame(encodeTopicMessage(message)) };
}

/** A message for one subscriber, from history: no slow policy drops it. */
export function recoveredFrame(message: Message, receipt: number): Frame {
  const { topic, epoch, seq } = message;
  return { bytes: messageFrame(message).bytes, carries: { topic, epoch, seq, receipt } };
}

/** A live message for one subscriber that comes late to it: no slow policy drops it. */
export function heldFrame({ bytes, live }: Outgoing, receipt: number): Frame {
  if (live === undefined) return { bytes };
  const { topic, epoch, seq } = live;
  return { bytes, carries: { topic, epoch, seq, receipt } };
}

export function outgoingMessage(message: Message, { namespace, slow }: OutgoingPolicy): Outgoing {
  const { topic, epoch, seq } = message;
  const live = { topic, namespace, epoch, seq, slow };
  return { kind: 'message', bytes: messageFrame(message).bytes, live, epoch, seq, message };
}

/** `topic.gap`: messages `from` to `to` will not come. */
export function outgoingGap(topic: string, epoch: string, gap: Gap): Outgoing {
  const bytes = textFrame(encodeServerFrame('topic.gap', { topic, from: gap.from, to: gap.to, reason: gap.reason }));
  return { kind: 'gap', bytes, live: undefined, epoch, seq: gap.to, message: undefined, gap };
}

/** `topic.reset`: the topic begins again at `seq` 1 of a new epoch. */
export function outgoingReset(topic: string, epoch: string): Outgoing {
  const bytes = textFrame(encodeServerFrame('topic.reset', { topic, epoch }));
  return { kind: 'reset', bytes, live: undefined, epoch, seq: 0, message: undefined };
}

/** A frame that is not part of the topic's log, such as `presence.join`, in order with its messages. */
export function outgoingNotice(text: string): Outgoing {
  return { kind: 'notice', bytes: textFrame(text), live: undefined, epoch: '', seq: 0, message: undefined };
}
