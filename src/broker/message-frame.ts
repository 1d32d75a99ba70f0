import type { Message } from '../messaging/message.js';

/** What follows the position, in the order it stands in a frame. The origin stays with the log. */
type Rest = readonly [
  topic: string,
  msgId: string,
  publisher: string,
  action: string,
  timestamp: number,
  clientTimestamp: number | null,
  door: Message['door'],
  trace: string | null,
  sentAt: number,
];
type Head = readonly [epoch: string, seq: number, ...Rest];

/** A message as it crosses the bus: one line of JSON with what is about it, then the payload's text as it came. */
export function messageFrame(message: Message, sentAt: number): string {
  return `[${JSON.stringify(message.epoch)},${message.seq}${frameTail(message, sentAt)}`;
}

/** The frame from behind its position, for who gives it one: `["epoch",seq` goes before it. */
export function frameTail(message: Omit<Message, 'epoch' | 'seq'>, sentAt: number): string {
  const { topic, msgId, publisher, action, timestamp, clientTimestamp, door, trace, dataText } = message;
  const rest: Rest = [topic, msgId, publisher, action, timestamp, clientTimestamp ?? null, door, trace ?? null, sentAt];
  return `,${JSON.stringify(rest).slice(1)}\n${dataText}`;
}

/**
 * @param from where the frame begins in the bytes.
 * @returns the message, and when it was sent, in milliseconds by the clock that its sender went by.
 */
export function readMessageFrame(bytes: Buffer, from = 0): { readonly message: Message; readonly sentAt: number } {
  const end = bytes.indexOf(0x0a, from);
  const head = JSON.parse(bytes.toString('utf8', from, end)) as Head;
  const [epoch, seq, topic, msgId, publisher, action, timestamp, clientTimestamp, door, trace, sentAt] = head;
  const dataText = bytes.toString('utf8', end + 1);
  const about = { clientTimestamp: clientTimestamp ?? undefined, door, trace: trace ?? undefined };
  return { message: { epoch, seq, topic, msgId, publisher, action, timestamp, dataText, ...about }, sentAt };
}
