import { NodeChannel, type NodeWord, type NodeWordListener } from './node-channel.js';
import type { RedisLinks } from './redis-links.js';
import { WordListeners } from './word-listeners.js';

interface Wire {
  readonly kind: string;
  readonly from: string;
  readonly word: NodeWord;
}

/** The channel between nodes that share a Redis: one channel for all, and one for each node. */
export class RedisNodeChannel extends NodeChannel {
  private readonly listeners = new WordListeners();

  private constructor(
    override readonly node: string,
    private readonly links: RedisLinks,
  ) {
    super();
  }

  static async open(node: string, links: RedisLinks): Promise<RedisNodeChannel> {
    const channel = new RedisNodeChannel(node, links);
    const hear = (data: Buffer): void => channel.hear(data);
    await links.settled();
    await Promise.all([channel.nameOf(undefined), channel.nameOf(node)].map((name) => links.subscriber.subscribe(name, hear)));
    return channel;
  }

  override get isOpen(): boolean {
    return this.links.commands.up && this.links.roundTrip.isHearing;
  }

  override async say(kind: string, word: NodeWord, to?: string): Promise<void> {
    await this.links.publish(this.nameOf(to), JSON.stringify({ kind, from: this.node, word } satisfies Wire));
  }

  override on(kind: string, listener: NodeWordListener): () => void {
    return this.listeners.add(kind, listener);
  }

  private nameOf(to: string | undefined): string {
    return to === undefined ? this.links.key('nodes') : this.links.key('node', to);
  }

  private hear(data: Buffer): void {
    const { kind, from, word } = JSON.parse(data.toString()) as Wire;
    this.listeners.hear(kind, word, from);
  }
}
