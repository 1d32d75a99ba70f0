import { encodeServerFrame, encodeTopicMessage } from '../protocol/codec.js';
import { textFrame } from '../protocol/text-frame.js';
import type { Message } from './message.js';

/**
 * Why messages are not delivered, as subscribers are told. `retention`: the log has dropped them. `buffer`: an ephemeral
 * topic's buffer has moved past them. `lost`: the log does not have them. `reset`: the topic began again and too much of the
 * new epoch lies before this point to be pushed; history has it.
 */
export type GapReason = 'retention' | 'buffer' | 'lost' | 'reset';

/** One frame on its way to every subscriber of a topic, with the position it leads to. */
export interface Outgoing {
  readonly kind: 'message' | 'gap' | 'reset' | 'notice';
  /** A whole WebSocket frame, encoded once for all. */
  readonly frame: Buffer;
  readonly epoch: string;
  /** Where a subscriber stands after it: the message's `seq`, the end of the gap, 0 after a reset. Notices do not move anybody. */
  readonly seq: number;
  readonly message: Message | undefined;
}

export function messageFrame(message: Message): Buffer {
  return textFrame(encodeTopicMessage(message));
}

export function outgoingMessage(message: Message): Outgoing {
  return { kind: 'message', frame: messageFrame(message), epoch: message.epoch, seq: message.seq, message };
}

/** `topic.gap`: messages `from` to `to` will not come. */
export function outgoingGap(
  topic: string,
  epoch: string,
  gap: { readonly from: number; readonly to: number; readonly reason: GapReason },
): Outgoing {
  const frame = textFrame(encodeServerFrame('topic.gap', { topic, from: gap.from, to: gap.to, reason: gap.reason }));
  return { kind: 'gap', frame, epoch, seq: gap.to, message: undefined };
}

/** `topic.reset`: the topic begins again at `seq` 1 of a new epoch. */
export function outgoingReset(topic: string, epoch: string): Outgoing {
  return { kind: 'reset', frame: textFrame(encodeServerFrame('topic.reset', { topic, epoch })), epoch, seq: 0, message: undefined };
}

/** A frame that is not part of the topic's log, such as `presence.join`, in order with its messages. */
export function outgoingNotice(text: string): Outgoing {
  return { kind: 'notice', frame: textFrame(text), epoch: '', seq: 0, message: undefined };
}
