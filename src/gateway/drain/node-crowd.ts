import type { EventStream } from '../http/event-stream.js';
import type { EventStreams } from '../http/event-streams.js';
import type { Connection } from '../ws/connection.js';
import type { ConnectionRegistry } from '../ws/registry.js';
import type { Crowd, Member } from './member.js';

/** The sockets and event streams of this node. */
export class NodeCrowd implements Crowd {
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly streams: EventStreams,
  ) {}

  get size(): number {
    return this.registry.size + this.streams.size;
  }

  get coming(): number {
    return this.registry.upgradesUnderWay;
  }

  *members(): IterableIterator<Member> {
    for (const connection of this.registry.all()) yield new SocketMember(connection);
    for (const stream of this.streams.all()) yield new StreamMember(stream);
  }
}

class SocketMember implements Member {
  constructor(private readonly connection: Connection) {}

  get id(): string {
    return this.connection.id;
  }

  get isOperator(): boolean {
    return this.connection.isAuthenticated && this.connection.principal.kind === 'operator';
  }

  get isBusy(): boolean {
    return this.connection.inbound.dispatcher.owesReplies;
  }

  get isClosing(): boolean {
    return this.connection.closing !== undefined && this.connection.state === 'draining';
  }

  ask(afterMs: number): void {
    if (this.connection.state === 'open') this.connection.push('sys.reconnect', { after_ms: afterMs, reason: 'node draining' });
  }

  close(retryAfterMs: number): void {
    this.connection.close('NODE_DRAINING', undefined, retryAfterMs);
  }

  cut(): void {
    this.connection.destroy();
  }
}

/** It takes no commands, and learns with its last event when to come back. */
class StreamMember implements Member {
  readonly isBusy = false;
  readonly isOperator = false;

  constructor(private readonly stream: EventStream) {}

  get id(): string {
    return this.stream.id;
  }

  get isClosing(): boolean {
    return !this.stream.isOpen;
  }

  ask(): void {
    // Nothing but the end can be told to a browser's EventSource.
  }

  close(retryAfterMs: number): void {
    this.stream.end('NODE_DRAINING', { retryAfterMs });
  }

  cut(): void {
    this.stream.destroy();
  }
}
