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
    this.closedLately.remember(recordOf(connection), connection.isAuthenticated);
  }

  find(id: string): Connection | undefined {
    return this.byId.get(id);
  }

  /** All connections, oldest first. */
  all(): IterableIterator<Connection> {
    return this.byId.values();
  }
}
