import { Acknowledger, type AcknowledgerPort } from './acknowledger.js';
import { Cursor, type CursorOptions } from './cursor.js';
import { count, type Notice, text } from './frames.js';
import type { Delivery, Gap, Message, Position, Reset } from './message.js';
import type { AckMode } from './options.js';
import type { Settlement } from './requests.js';
import { answersByTopic } from './subscriptions.js';
import { ALL_TOPIC, USER_TOPIC_PREFIX, userTopic } from './topic-name.js';

export interface ServerTopicsPort extends Pick<AcknowledgerPort, 'clock' | 'refused'> {
  /** Undefined: nothing is acknowledged. */
  readonly ack: AckMode | undefined;
  readonly cursor: (topic: string) => CursorOptions;
  readonly acknowledge: (topic: string, upTo: Position, settlement: Settlement) => void;
  /** `ended` is called when all listeners have ended. */
  readonly message: (message: Delivery, ended: (succeeded: boolean) => void) => void;
  readonly gap: (gap: Gap) => void;
  readonly reset: (reset: Reset) => void;
}

/** One of the server's topics: our place in it, and what of it was dealt with. */
interface Place {
  readonly cursor: Cursor;
  readonly acks: Acknowledger | undefined;
}

/** `$user.<id>` and `$all`: the server subscribes each connection to them by itself; the client only keeps its place. */
export class ServerTopics {
  readonly #places = new Map<string, Place>();

  constructor(private readonly port: ServerTopicsPort) {}

  /** Other topics of the server, such as `$ops.overview`, are subscribed to like any. */
  static owns(topic: string | undefined): topic is string {
    return topic === ALL_TOPIC || (topic?.startsWith(USER_TOPIC_PREFIX) ?? false);
  }

  /**
   * What `resume` asks for. A topic without a position is named too: the answer tells its head, so that a message that comes
   * while the connection is away is recovered even where none came before.
   */
  request(user: string | undefined): readonly Readonly<Record<string, unknown>>[] {
    const own = user === undefined ? [] : [userTopic(user)];
    const ack = this.port.ack === undefined ? {} : { ack: true };
    return [...own, ALL_TOPIC].map((topic) => ({ topic, ...this.#places.get(topic)?.cursor.position, ...ack }));
  }

  /** The reply to `resume`. */
  answered(data: unknown): void {
    for (const [topic, answer] of answersByTopic(data)) {
      const [epoch, head] = [text(answer['epoch']), count(answer['head'])];
      if (!ServerTopics.owns(topic) || epoch === undefined || head === undefined) continue;
      const recovered = typeof answer['recovered'] === 'boolean' ? answer['recovered'] : undefined;
      const { cursor, acks } = this.#place(topic);
      const after = cursor.position?.seq ?? head;
      acks?.connected({ epoch, after, head: recovered === true ? after : head });
      cursor.answered({ epoch, head, recovered });
    }
  }

  accept(message: Message): void {
    this.#place(message.topic).cursor.accept(message);
  }

  /** Answers whether the notice was about one of these topics. */
  noted({ action, topic, data }: Notice): boolean {
    if (!ServerTopics.owns(topic)) return false;
    const { cursor } = this.#place(topic);
    if (action === 'topic.gap') cursor.gap(count(data['from']) ?? 0, count(data['to']) ?? 0, text(data['reason']) ?? 'not told');
    else if (action === 'topic.reset') cursor.reset(text(data['epoch']) ?? '', count(data['head']));
    else return false;
    return true;
  }

  /** The connection is about to be closed in order. */
  leaving(): void {
    for (const { acks } of this.#places.values()) acks?.flush();
  }

  interrupt(): void {
    for (const { cursor, acks } of this.#places.values()) {
      cursor.interrupt();
      if (acks !== undefined) cursor.rewind(acks.interrupt());
    }
  }

  #place(topic: string): Place {
    const place = this.#places.get(topic) ?? this.#newPlace(topic);
    this.#places.set(topic, place);
    return place;
  }

  #newPlace(topic: string): Place {
    const { ack, clock, refused, acknowledge } = this.port;
    const send = (upTo: Position, settlement: Settlement): void => acknowledge(topic, upTo, settlement);
    const acks = ack === undefined ? undefined : new Acknowledger(ack, { clock, refused, send });
    const cursor = new Cursor(this.port.cursor(topic), {
      message: (message) => this.#deliver(message, acks),
      gap: (missed) => {
        const gap = acks === undefined ? missed : acks.skip(missed);
        if (gap !== undefined) this.port.gap(gap);
      },
      reset: (reset) => {
        acks?.restart(reset.current);
        this.port.reset(reset);
      },
    });
    return { cursor, acks };
  }

  #deliver(message: Message, acks: Acknowledger | undefined): void {
    const ended = acks === undefined ? (): void => undefined : acks.take(message);
    if (ended !== undefined) this.port.message({ ...message, ack: () => acks?.acknowledge(message.seq, message.epoch) }, ended);
  }
}
