import type { AppendOutcome, HistoryPage, ReadRange, TopicEnds } from '../messaging/message-log.js';
import type { Draft, Message } from '../messaging/message.js';

/** The counter and the short buffer of one ephemeral topic. */
export class EphemeralTopic {
  /** Timestamp of the newest message; 0 when there was none. */
  lastAt = 0;
  /** Last publish, or the beginning. */
  usedAt = Date.now();
  private head = 0;
  private readonly buffer: Message[] = [];
  private readonly byMsgId = new Map<string, Message>();

  constructor(readonly epoch: string) {}

  append(draft: Draft, bufferLength: number): { readonly outcome: AppendOutcome; readonly message: Message | undefined } {
    this.usedAt = Date.now();
    const earlier = this.byMsgId.get(keyOf(draft));
    if (earlier !== undefined) return { outcome: repeated(earlier, draft), message: undefined };
    this.head += 1;
    this.lastAt = draft.timestamp;
    const position = { epoch: this.epoch, seq: this.head };
    const message: Message = { ...draft, ...position };
    this.buffer.push(message);
    this.byMsgId.set(keyOf(draft), message);
    while (this.buffer.length > bufferLength) this.forgetOldest();
    return { outcome: { kind: 'stored', position }, message };
  }

  ends(): TopicEnds {
    return { epoch: this.epoch, head: this.head, floor: this.head - this.buffer.length };
  }

  read(range: ReadRange): HistoryPage {
    const { after, before = Number.POSITIVE_INFINITY, limit, maxBytes = Number.POSITIVE_INFINITY } = range;
    const matching = this.buffer.filter((message) => message.seq > (after ?? 0) && message.seq < before);
    const newestFirst = after === undefined && range.before !== undefined;
    const messages = bounded(newestFirst ? matching.reverse() : matching, limit, maxBytes);
    return { ...this.ends(), messages: newestFirst ? messages.reverse() : messages };
  }

  private forgetOldest(): void {
    const oldest = this.buffer.shift();
    if (oldest !== undefined) this.byMsgId.delete(keyOf(oldest));
  }
}

function keyOf(draft: Draft): string {
  return `${draft.publisher}\n${draft.msgId}`;
}

/** What became of a publish whose msg_id was used before. */
export function repeated(earlier: Message, draft: Draft): AppendOutcome {
  const position = { epoch: earlier.epoch, seq: earlier.seq };
  const same = earlier.action === draft.action && earlier.dataText === draft.dataText;
  return same ? { kind: 'duplicate', position, timestamp: earlier.timestamp } : { kind: 'conflict', position };
}

function bounded(messages: readonly Message[], limit: number, maxBytes: number): Message[] {
  const taken: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    bytes += Buffer.byteLength(message.dataText);
    if (taken.length >= limit || (taken.length > 0 && bytes > maxBytes)) break;
    taken.push(message);
  }
  return taken;
}
