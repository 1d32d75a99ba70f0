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

/** A read that began before a reset may end after it; then it is read again. */
const ATTEMPTS = 3;
const RESET_RETRY_MS = 200;

/** Finds what a subscriber missed since its last position. The topic already flows to it: live first, then read, then merge. */
@Injectable()
export class Recovery {
  constructor(
    private readonly config: Config,
    private readonly claims: RewindClaims,
  ) {}

  async recover(channel: TopicChannel, since: Position): Promise<Recovered> {
    const { epoch, position } = channel.fanOut;
    // Nothing was missed: what comes next comes live. A reconnect storm costs no reads.
    if (since.epoch === epoch && since.seq === position) return { recovered: true, epoch, head: position, missed: [] };
    const page = await this.read(channel, since);
    if (channel.source.durable && since.epoch === page.epoch && since.seq > page.head && (await this.claims.hear(channel.topic, since))) {
      return this.judge(await this.read(channel, since), since);
    }
    return this.judge(page, since);
  }

  private async read(channel: TopicChannel, since: Position): Promise<HistoryPage> {
    const { recoveryMessages, recoveryBytes } = this.config.messaging;
    const range = { after: since.seq, limit: Math.max(recoveryMessages, 1), maxBytes: Math.max(recoveryBytes, 1) };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const { beginning } = channel;
      const page = await channel.source.read(channel.topic, range);
      channel.observe(page, beginning);
      if (page.epoch === channel.epoch) return page;
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
