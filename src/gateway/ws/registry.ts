import { Injectable } from '@nestjs/common';
import { RecentlyClosed } from '../recently-closed.js';
import type { Connection } from './connection.js';
import { newConnectionRef } from './connection-ref.js';
import { recordOf } from './connection-view.js';

/** The connections of this node: by id, and the last ones that closed. */
@Injectable()
export class ConnectionRegistry {
  private readonly byId = new Map<string, Connection>();
  private readonly refs = new Set<string>();
  /** Connections that have ended and whose commands go on. */
  private readonly finishing = new Set<Connection>();
  private upgrading = 0;
  private unauthenticated = 0;

  constructor(private readonly closedLately: RecentlyClosed) {}

  get size(): number {
    return this.byId.size;
  }

  get upgradesUnderWay(): number {
    return this.upgrading;
  }

  /** Upgrades under way and connections that have not authenticated. */
  get authenticating(): number {
    return this.upgrading + this.unauthenticated;
  }

  /** An upgrade begins; the returned function ends it, however it went. */
  beginUpgrade(): () => void {
    this.upgrading += 1;
    return () => {
      this.upgrading -= 1;
    };
  }

  /** Connections, and upgrades that may become one. */
  get occupied(): number {
    return this.byId.size + this.upgrading;
  }

  /** A reference that no connection of this node has. */
  newRef(): string {
    let ref = newConnectionRef();
    while (this.refs.has(ref)) ref = newConnectionRef();
    return ref;
  }

  add(connection: Connection): void {
    this.byId.set(connection.id, connection);
    this.refs.add(connection.facts.ref);
    this.unauthenticated += 1;
  }

  opened(): void {
    this.unauthenticated -= 1;
  }

  closed(connection: Connection): void {
    this.byId.delete(connection.id);
    this.refs.delete(connection.facts.ref);
    if (!connection.isAuthenticated) this.unauthenticated -= 1;
    connection.origin.place.release();
    this.keepWhileBusy(connection);
    this.closedLately.remember(recordOf(connection), connection.isAuthenticated);
  }

  find(id: string): Connection | undefined {
    return this.byId.get(id);
  }

  /** All connections, oldest first. */
  all(): IterableIterator<Connection> {
    return this.byId.values();
  }

  /** The same, and those that have ended and whose commands are still being carried out. */
  *busyOrOpen(): IterableIterator<Connection> {
    yield* this.all();
    for (const connection of this.finishing) if (connection.inbound.dispatcher.isBusy) yield connection;
  }

  private keepWhileBusy(connection: Connection): void {
    for (const former of this.finishing) {
      // Oldest first: what is behind one that is busy waits for the next look.
      if (former.inbound.dispatcher.isBusy) break;
      this.finishing.delete(former);
    }
    if (connection.inbound.dispatcher.isBusy) this.finishing.add(connection);
  }
}
