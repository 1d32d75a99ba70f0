import { EventEmitter } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import type { ConnectionClose, ConnectionFacts } from '../telemetry/telemetry.js';
import { Hub } from './hub.js';
import type { Message } from './message.js';

/** What the gateway tells the other modules of the process. */
export interface ConnectionEvents {
  'connection.opened': ConnectionFacts;
  'connection.closed': { readonly connection: ConnectionFacts; readonly close: ConnectionClose };
}

/** The typed interface for other modules of the process: they listen to topics and connections without touching the core. */
@Injectable()
export class EventBus {
  private readonly logger = new Logger(EventBus.name);
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  constructor(private readonly hub: Hub) {}

  /**
   * Calls the listener with every message of a topic from now on, in order and without holes, like any subscriber; nobody's
   * rights are checked. Resolves when it listens; the answer ends it. A listener that throws is logged and called again.
   */
  async onTopic(topic: string, listener: (message: Message) => void): Promise<() => void> {
    const channel = this.hub.acquire(topic);
    try {
      await channel.ready;
    } catch (error) {
      this.hub.release(channel);
      throw error;
    }
    const tap = (message: Message): void => this.isolated(topic, () => listener(message));
    channel.fanOut.addTap(tap);
    let listening = true;
    return () => {
      if (!listening) return;
      listening = false;
      channel.fanOut.removeTap(tap);
      this.hub.release(channel);
    };
  }

  on<E extends keyof ConnectionEvents>(event: E, listener: (payload: ConnectionEvents[E]) => void): () => void {
    const isolated = (payload: ConnectionEvents[E]): void => this.isolated(event, () => listener(payload));
    this.emitter.on(event, isolated);
    return () => void this.emitter.off(event, isolated);
  }

  /** Called by the gateway. */
  emit<E extends keyof ConnectionEvents>(event: E, payload: ConnectionEvents[E]): void {
    this.emitter.emit(event, payload);
  }

  private isolated(source: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.logger.error(`a listener of ${source} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
}
