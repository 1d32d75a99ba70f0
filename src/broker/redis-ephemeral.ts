import type { RedisLinks } from '../cluster/redis-links.js';
import type { AppendOutcome, HistoryPage, ReadRange, TopicEnds, TopicSummary } from '../messaging/message-log.js';
import type { Draft } from '../messaging/message.js';
import { APPEND, ENDS, READ, REMOVE } from './ephemeral-scripts.js';
import { repeated } from './ephemeral-topic.js';
import { EpochSource } from './epoch-source.js';
import { frameTail, readMessageFrame } from './message-frame.js';
import type { PublishWindow } from './publish-window.js';
import { changeFailed, questionFailed, redisAway, redisBehind } from './redis-refusal.js';
import { type NamePage, TopicNames } from './topic-names.js';

/** Topics without publish or subscriber for this long are forgotten, in milliseconds. */
const IDLE_MS = 3_600_000;
/** The same of one that somebody asked for, and nobody wrote or subscribed to. */
const ASKED_MS = 60_000;

type Bytes = readonly [epoch: Buffer, head: Buffer, floor: Buffer, ...frames: readonly Buffer[]];

/** Topics without a log at Redis: their sequence, and the short buffer of their messages. Redis that loses its memory begins them anew. */
export class RedisEphemeral {
  private readonly epochs = new EpochSource();
  private readonly names: TopicNames;

  /** @param channelOf the channel on which a topic's messages are published. */
  constructor(
    private readonly links: RedisLinks,
    private readonly window: PublishWindow,
    private readonly channelOf: (topic: string) => string,
  ) {
    this.names = new TopicNames(links, (topic) => this.keyOf(topic));
  }

  /** Rejects with `UNAVAILABLE` where nothing was done, with `UNKNOWN_OUTCOME` where that is not known. */
  async publish(draft: Draft, bufferLength: number, sentAt: number): Promise<AppendOutcome> {
    const { topic } = draft;
    const what = `a message of ${topic}, which has no log,`;
    const id = `${draft.publisher}\n${draft.msgId}`;
    const tail = frameTail(draft, sentAt);
    if (!this.window.hasRoom(tail.length)) throw redisBehind(what);
    const words = [this.epochs.next(), id, tail, bufferLength, draft.timestamp, IDLE_MS, this.links.publishCommand] as const;
    const answer = await this.run(what, changeFailed, () =>
      this.window.hold(tail.length, APPEND.run(this.links.commands.client, this.keyOf(topic), this.channelOf(topic), ...words)),
    );
    if (Buffer.isBuffer(answer)) return repeated(readMessageFrame(answer).message, draft);
    const [epoch, seq] = (answer as readonly [Buffer, Buffer]).map(String) as [string, string];
    const position = { epoch, seq: Number(seq) };
    // Whether it is listed is no matter of the message; a name that was not added is missing in lists until the topic begins again.
    if (position.seq === 1) this.names.add(topic, IDLE_MS).catch(() => undefined);
    return { kind: 'stored', position };
  }

  async read(topic: string, { after, before, limit, maxBytes }: ReadRange): Promise<HistoryPage> {
    const words = [after ?? '', before ?? '', limit, maxBytes ?? ''];
    const answer = (await this.ask(`history of ${topic}`, () => READ.run(this.links.commands.client, this.keyOf(topic), ...words))) as
      Bytes | readonly undefined[];
    if (!isThere(answer)) return { ...(await this.ends(topic, false)), messages: [] };
    const [, , , ...frames] = answer;
    const messages = frames.map((frame) => readMessageFrame(frame).message);
    return { ...endsOf(answer), messages: messages.toSorted((left, right) => left.seq - right.seq) };
  }

  /** @param kept whether somebody on this node is subscribed: then the topic is not forgotten for a while. */
  async ends(topic: string, kept: boolean): Promise<TopicEnds> {
    const words = [this.epochs.next(), kept ? 1 : 0, IDLE_MS, ASKED_MS];
    const answer = await this.ask(`topic ${topic}, which has no log,`, () =>
      ENDS.run(this.links.commands.client, this.keyOf(topic), ...words),
    );
    return endsOf(answer as Bytes);
  }

  async topics(page: NamePage): Promise<readonly TopicSummary[]> {
    return this.ask('a list of topics without a log', () => this.names.page(page, (topic) => this.summary(topic)));
  }

  async remove(topic: string): Promise<boolean> {
    const what = `the end of topic ${topic}`;
    const existed = await this.run(what, changeFailed, () => REMOVE.run(this.links.commands.client, this.keyOf(topic)));
    await this.ask(what, () => this.names.remove(topic));
    return existed === 1;
  }

  private async summary(topic: string): Promise<TopicSummary | undefined> {
    const [epoch, head, floor, lastAt] = await this.links.commands.client.hmget(this.keyOf(topic), 'e', 'h', 'f', 't');
    if (typeof epoch !== 'string' || lastAt === null) return undefined;
    return { topic, epoch, head: Number(head), floor: Number(floor), lastAt: Number(lastAt) };
  }

  private ask<T>(what: string, call: () => Promise<T>): Promise<T> {
    return this.run(what, questionFailed, call);
  }

  private async run<T>(what: string, failed: (what: string, error: unknown) => Error, call: () => Promise<T>): Promise<T> {
    const { up, trouble } = this.links.commands;
    if (!up) throw redisAway(what, trouble);
    try {
      return await call();
    } catch (error) {
      throw failed(what, error);
    }
  }

  private keyOf(topic: string): string {
    return this.links.topicKey('ephemeral', topic);
  }
}

function isThere(answer: Bytes | readonly undefined[]): answer is Bytes {
  return answer.length > 0;
}

function endsOf([epoch, head, floor]: Bytes): TopicEnds {
  return { epoch: String(epoch), head: Number(head), floor: Number(floor) };
}
