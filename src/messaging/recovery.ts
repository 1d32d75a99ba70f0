import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import type { HistoryPage } from './message-log.js';
import type { Message, Position } from './message.js';
import { RewindClaims } from './rewind-claims.js';
import type { TopicChannel } from './topic-channel.js';

/** What a subscriber that was here before gets: everything it missed in order, or nothing and the head. */
export type Recovered =
  | { readonly recovered: true; readonly epoch: string; readonly head: number; readonly missed: readonly Message[] }
  | { readonly recovered: false; readonly epoch: string; readonly head: number };

/** A read that is under way. */
interface Reading {
  readonly after: number;
  readonly page: Promise<HistoryPage>;
}

/** A read that began before a reset may end after it; then it is read again. */
const ATTEMPTS = 3;
const RESET_RETRY_MS = 200;
/** Messages read before those that are asked for: of clients that lost a node together, some had not been given the last few. */
const EARLIER_MESSAGES = 64;

/**
 * Finds what a subscriber missed since its last position: in memory, in a read that another one waits for, or in one of its own. The
 * topic already flows to it: live first, then read, then merge.
 */
@Injectable()
export class Recovery {
  private readonly readings = new WeakMap<TopicChannel, Reading>();

  constructor(
    private readonly config: Config,
    private readonly claims: RewindClaims,
  ) {}

  async recover(channel: TopicChannel, since: Position): Promise<Recovered> {
    const remembered = this.remembered(channel, since);
    if (remembered !== undefined) return remembered;
    const reading = this.readings.get(channel);
    // Nothing is waited for between this look and the beginning of a read: of many who come at once one reads.
    const shared = reading !== undefined && reading.after <= since.seq ? pageAfter(await reading.page, since) : undefined;
    const page = shared ?? (await this.page(channel, since));
    if (channel.source.durable && since.epoch === page.epoch && since.seq > page.head && (await this.claims.hear(channel.topic, since))) {
      return this.judge(await this.readExactly(channel, since), since);
    }
    return this.judge(page, since);
  }

  /** What is known without a read: a reconnect storm costs none. What comes after the head that is answered comes live. */
  private remembered(channel: TopicChannel, since: Position): Recovered | undefined {
    const { epoch, position: head } = channel.fanOut;
    if (since.epoch !== epoch || since.seq > head) return undefined;
    if (since.seq === head) return { recovered: true, epoch, head, missed: [] };
    const missed = channel.recent?.between(epoch, since.seq, head);
    if (missed === undefined) return undefined;
    return this.withinLimits(missed) ? { recovered: true, epoch, head, missed } : { recovered: false, epoch, head };
  }

  /** By a read that may answer others' questions too. */
  private async page(channel: TopicChannel, since: Position): Promise<HistoryPage> {
    if (channel.recent === undefined || since.epoch !== channel.epoch || since.seq > channel.head) return this.readExactly(channel, since);
    const after = Math.max(0, since.seq - EARLIER_MESSAGES);
    const page = this.read(channel, after, since.seq - after);
    const reading = { after, page };
    this.readings.set(channel, reading);
    try {
      return pageAfter(await page, since) ?? (await this.readExactly(channel, since));
    } finally {
      if (this.readings.get(channel) === reading) this.readings.delete(channel);
    }
  }

  private readExactly(channel: TopicChannel, since: Position): Promise<HistoryPage> {
    return this.read(channel, since.seq, 0);
  }

  /** @param earlier messages that are read beyond what may be recovered. */
  private async read(channel: TopicChannel, after: number, earlier: number): Promise<HistoryPage> {
    const { recoveryMessages, recoveryBytes } = this.config.messaging;
    const range = { after, limit: Math.max(recoveryMessages, 1) + earlier, maxBytes: Math.max(recoveryBytes, 1) };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const { beginning } = channel;
      const page = await channel.source.read(channel.topic, range);
      channel.observe(page, beginning);
      if (page.epoch === channel.epoch) {
        if (isUnbroken(page)) channel.recent?.addRead(page.messages, channel.head);
        return page;
      }
    }
    throw new Refusal('UNAVAILABLE', `topic ${channel.topic} is being reset`, { retryAfterMs: RESET_RETRY_MS });
  }

  private judge(page: HistoryPage, since: Position): Recovered {
    const { epoch, head, messages } = page;
    // A count that falls short is history that has expired, or more than the limit.
    const complete = since.epoch === epoch && since.seq <= head && messages.length === head - since.seq;
    if (complete && this.withinLimits(messages)) return { recovered: true, epoch, head, missed: messages };
    return { recovered: false, epoch, head };
  }

  private withinLimits(messages: readonly Message[]): boolean {
    const { recoveryMessages, recoveryBytes } = this.config.messaging;
    if (messages.length > recoveryMessages) return false;
    let bytes = 0;
    for (const message of messages) bytes += Buffer.byteLength(message.dataText);
    return bytes <= recoveryBytes;
  }
}

/** The part of a page behind a position; undefined where the page does not reach its head, or is older than who asks. */
function pageAfter(page: HistoryPage, { epoch, seq: after }: Position): HistoryPage | undefined {
  if (page.epoch !== epoch || after > page.head || (page.messages.at(-1)?.seq ?? page.floor) < page.head) return undefined;
  return { ...page, messages: page.messages.filter(({ seq }) => seq > after) };
}

/** A log that has lost messages inside a page must not be remembered as whole. */
function isUnbroken({ messages }: HistoryPage): boolean {
  return messages.length === 0 || (messages.at(-1) as Message).seq - (messages[0] as Message).seq === messages.length - 1;
}
