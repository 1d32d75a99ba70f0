import { Logger } from '@nestjs/common';
import type { NodeWord, NodeWordListener } from './node-channel.js';

/** Who listens to which kind of word on this node. */
export class WordListeners {
  private readonly logger = new Logger('NodeChannel');
  private readonly byKind = new Map<string, Set<NodeWordListener>>();

  add(kind: string, listener: NodeWordListener): () => void {
    const listeners = this.byKind.get(kind) ?? new Set();
    this.byKind.set(kind, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  hear(kind: string, word: NodeWord, from: string): void {
    for (const listener of this.byKind.get(kind) ?? []) {
      try {
        listener(word, from);
      } catch (error) {
        this.logger.error(`a listener of ${kind} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
  }
}
