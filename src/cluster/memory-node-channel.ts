import { NodeChannel, type NodeWord, type NodeWordListener } from './node-channel.js';
import { WordListeners } from './word-listeners.js';

/** What joins the channels of one process. */
export class MemoryWire {
  readonly channels = new Set<MemoryNodeChannel>();
}

/** The channel of a single node. Several on one `MemoryWire` behave like several nodes. */
export class MemoryNodeChannel extends NodeChannel {
  override readonly isOpen: boolean = true;
  private readonly listeners = new WordListeners();

  constructor(
    override readonly node: string,
    private readonly wire = new MemoryWire(),
  ) {
    super();
    wire.channels.add(this);
  }

  override async say(kind: string, word: NodeWord, to?: string): Promise<void> {
    // As text, so that nobody comes to share an object with another node.
    const text = JSON.stringify(word);
    for (const channel of this.wire.channels) {
      if (to === undefined || channel.node === to) queueMicrotask(() => channel.hear(kind, text, this.node));
    }
  }

  override on(kind: string, listener: NodeWordListener): () => void {
    return this.listeners.add(kind, listener);
  }

  leave(): void {
    this.wire.channels.delete(this);
  }

  private hear(kind: string, text: string, from: string): void {
    if (this.wire.channels.has(this)) this.listeners.hear(kind, JSON.parse(text) as NodeWord, from);
  }
}
