import { Cursor, type CursorOptions, type CursorSink } from './cursor.js';
import { count, type Notice, text } from './frames.js';
import type { Message } from './message.js';
import { answersByTopic } from './subscriptions.js';
import { ALL_TOPIC, userTopic } from './topic-name.js';

/** `$user.<id>` and `$all`: the server subscribes each connection to them by itself; the client only keeps its place. */
export class ServerTopics {
  readonly #cursors = new Map<string, Cursor>();

  constructor(
    private readonly cursorOptions: (topic: string) => CursorOptions,
    private readonly sink: CursorSink,
  ) {}

  static owns(topic: string | undefined): topic is string {
    return topic?.startsWith('$') ?? false;
  }

  /**
   * What `resume` asks for. A topic without a position is named too: the answer tells its head, so that a message that comes
   * while the connection is away is recovered even where none came before.
   */
  request(user: string | undefined): readonly Readonly<Record<string, unknown>>[] {
    const own = user === undefined ? [] : [userTopic(user)];
    return [...own, ALL_TOPIC].map((topic) => ({ topic, ...this.#cursors.get(topic)?.position }));
  }

  /** The reply to `resume`. */
  answered(data: unknown): void {
    for (const [topic, answer] of answersByTopic(data)) {
      const [epoch, head] = [text(answer['epoch']), count(answer['head'])];
      if (!ServerTopics.owns(topic) || epoch === undefined || head === undefined) continue;
      const recovered = answer['recovered'];
      this.#cursor(topic).answered({ epoch, head, recovered: typeof recovered === 'boolean' ? recovered : undefined });
    }
  }

  accept(message: Message): void {
    this.#cursor(message.topic).accept(message);
  }

  /** Answers whether the notice was about one of these topics. */
  noted({ action, topic, data }: Notice): boolean {
    if (!ServerTopics.owns(topic)) return false;
    if (action === 'topic.gap')
      this.#cursor(topic).gap(count(data['from']) ?? 0, count(data['to']) ?? 0, text(data['reason']) ?? 'not told');
    else if (action === 'topic.reset') this.#cursor(topic).reset(text(data['epoch']) ?? '', count(data['head']));
    else return false;
    return true;
  }

  interrupt(): void {
    for (const cursor of this.#cursors.values()) cursor.interrupt();
  }

  #cursor(topic: string): Cursor {
    const cursor = this.#cursors.get(topic) ?? new Cursor(this.cursorOptions(topic), this.sink);
    this.#cursors.set(topic, cursor);
    return cursor;
  }
}
