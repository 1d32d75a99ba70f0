import type { Message } from '../messaging/message.js';

/** What is not the payload, in the order it stands in a frame. The origin stays with the log. */
type Head = readonly [
  epoch: string,
  seq: number,
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

/** A message as it crosses the bus: one line of JSON with what is about it, then the payload's text as it came. */
export function messageFrame(message: Message, sentAt: number): string {
  const { epoch, seq, topic, msgId, publisher, action, timestamp, clientTimestamp, door, trace, dataText } = message;
  const head: Head = [epoch, seq, topic, msgId, publisher, action, timestamp, clientTimestamp ?? null, door, trace ?? null, sentAt];
  return `${JSON.stringify(head)}\n${dataText}`;
}

/** @returns the message, and when it was sent, in milliseconds since the epoch by the sender's clock. */
export function readMessageFrame(frame: Buffer): { readonly message: Message; readonly sentAt: number } {
  const end = frame.indexOf(0x0a);
  const head = JSON.parse(frame.toString('utf8', 0, end)) as Head;
  const [epoch, seq, topic, msgId, publisher, action, timestamp, clientTimestamp, door, trace, sentAt] = head;
  const dataText = frame.toString('utf8', end + 1);
  const about = { clientTimestamp: clientTimestamp ?? undefined, door, trace: trace ?? undefined };
  return { message: { epoch, seq, topic, msgId, publisher, action, timestamp, dataText, ...about }, sentAt };
}
