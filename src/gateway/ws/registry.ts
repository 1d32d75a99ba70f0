import { Injectable } from '@nestjs/common';
import { RecentlyClosed } from '../recently-closed.js';
import type { Connection } from './connection.js';
import { newConnectionRef } from './connection-ref.js';
import { viewOf } from './connection-view.js';

/** The connections of this node: by id, by user, and the last ones that closed. */
@Injectable()
export class ConnectionRegistry {
  readonly closedLately = new RecentlyClosed();
  private readonly byId = new Map<string, Connection>();
  private readonly byUser = new Map<string, Set<Connection>>();
  private readonly refs = new Set<string>();
  private upgrading = 0;
  private unauthenticated = 0;

  get size(): number {
    return this.byId.size;
  }

  /** Upgrades under way and connections that have not authenticated. */
  get authenticating(): number {
    return this.upgrading + this.unauthenticated;
  }

  /** An upgrade begins; the returned function ends it, however it went. It counts against the limit of connections meanwhile. */
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

  opened(connection: Connection): void {
    this.unauthenticated -= 1;
    const user = connection.principal.id;
    const connections = this.byUser.get(user);
    if (connections === undefined) this.byUser.set(user, new Set([connection]));
    else connections.add(connection);
  }

  closed(connection: Connection): void {
    this.byId.delete(connection.id);
    this.refs.delete(connection.facts.ref);
    if (connection.isAuthenticated) this.forgetUser(connection);
    else this.unauthenticated -= 1;
    this.closedLately.remember(viewOf(connection));
  }

  find(id: string): Connection | undefined {
    return this.byId.get(id);
  }

  /** All connections, oldest first. */
  all(): IterableIterator<Connection> {
    return this.byId.values();
  }

  countOf(user: string): number {
    return this.byUser.get(user)?.size ?? 0;
  }

  private forgetUser(connection: Connection): void {
    const user = connection.principal.id;
    const connections = this.byUser.get(user);
    connections?.delete(connection);
    if (connections?.size === 0) this.byUser.delete(user);
  }
}
