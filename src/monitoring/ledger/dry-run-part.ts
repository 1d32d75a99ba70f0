import type { Sources } from './ledger-sources.js';

/** One connection that a publish would reach now. */
export interface WouldReceive {
  readonly user: string;
  readonly connection_id: string;
  readonly ref?: string;
  readonly node: string;
  readonly client?: string;
  /** It is still being given what it missed; live messages follow that. */
  readonly joining: boolean;
  /** Bytes wait for it: it would get the message later than the others. */
  readonly slow: boolean;
  readonly queued_bytes: number;
  readonly acknowledges: boolean;
}

/** The recipients of one node. */
export interface DryRunPart {
  readonly total: number;
  readonly users: number;
  /** Who they are; absent where they are too many to be told. */
  readonly names?: readonly string[];
  /** In the order of their connections' ids. */
  readonly items: readonly WouldReceive[];
  readonly more: boolean;
}

export interface DryRunPartQuery {
  readonly topic: string;
  readonly user?: string | undefined;
  readonly limit: number;
  /** Id of the connection that the page before ended with. */
  readonly cursor?: string | undefined;
}

/** Users whom a node names, so that one who is connected to two nodes counts once. */
const MOST_NAMES = 5_000;

export function dryRunPart(sources: Sources, { topic, user, limit, cursor }: DryRunPartQuery): DryRunPart {
  const all = sources.subscribers.of(topic).filter((live) => user === undefined || live.user === user);
  const rest = cursor === undefined ? all : all.filter(({ connection }) => connection > cursor);
  const names = new Set(all.map((live) => live.user));
  return {
    total: all.length,
    users: names.size,
    ...(names.size > MOST_NAMES ? {} : { names: [...names] }),
    items: rest.slice(0, limit).map(({ connection, user: whose, joining, acknowledges }): WouldReceive => {
      const view = sources.gateway.connection(connection);
      return {
        user: whose,
        connection_id: connection,
        ...(view === undefined ? {} : { ref: view.ref }),
        node: view?.node ?? sources.node,
        ...(view?.client === undefined ? {} : { client: view.client }),
        joining,
        slow: (view?.queued_bytes ?? 0) > 0,
        queued_bytes: view?.queued_bytes ?? 0,
        acknowledges,
      };
    }),
    more: rest.length > limit,
  };
}
