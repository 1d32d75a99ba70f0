import type { Position } from './message.js';

/** One subscription of a session. */
export interface SessionTopic {
  readonly topic: string;
  /** Everything after it is still to come to the client; undefined: it was being subscribed. */
  readonly since: Position | undefined;
  /** Whether the client said that it would acknowledge. */
  readonly ack: boolean;
}

/** What a connection had, for the one that comes after it. */
export interface Session {
  /** As `newId` gave it. */
  readonly id: string;
  /** Principal id of its user: nobody else may take it. */
  readonly user: string;
  /** The connection that has it, or had it last. */
  readonly connection: string;
  readonly topics: readonly SessionTopic[];
}

/** A session with the node that had it. */
export interface FoundSession extends Session {
  readonly node: string;
}

/** `gone`: never known, taken and expired since, or lost with a node; nobody can tell which. */
export type TakenSession = { readonly kind: 'found'; readonly session: FoundSession } | { readonly kind: 'gone' | 'foreign' };

/** A session was taken. */
export interface SessionMove {
  readonly session: string;
  /** The connection that had it. */
  readonly connection: string;
  /** Where it went. */
  readonly to: { readonly node: string; readonly connection: string };
}

/** Who takes a session: its successor goes on as the session `id`. */
export interface SessionTaker {
  readonly id: string;
  readonly user: string;
  readonly connection: string;
}

/**
 * Port: the sessions of all nodes. The contract's hard sentence: of several that take one session the last has it, whichever node they
 * came to, and nobody of another user ever does; what is taken is as its node saved it last, and so may be older than what its client has
 * seen, never newer than what was written to it.
 * Whoever asks for a session that was taken is given its successor, if that is still there: a client may have lost the answer.
 */
export abstract class SessionStore {
  /** Whether other nodes can take what is saved here. Where not, only sessions that have ended need to be kept. */
  abstract readonly isShared: boolean;
  /** A name for a new session of this node: nobody can guess it. */
  abstract newId(): string;
  /** These sessions of this node are open and stand so. Rejects where it is not known whether that was noted. */
  abstract save(sessions: readonly Session[]): Promise<void>;
  /** The connections of these have ended: each is kept for the expiry time from now. Rejects as `save`. */
  abstract keep(sessions: readonly Session[]): Promise<void>;
  /** Sessions that nobody may have any more. Rejects as `save`. */
  abstract forget(ids: readonly string[]): Promise<void>;
  /** All that was saved and is open lives for the expiry time from now. False: some of it may be lost, so save all of it again. */
  abstract refresh(): Promise<boolean>;
  /** Rejects with `Refusal` `UNAVAILABLE` where other nodes' sessions cannot be had now. */
  abstract take(id: string, taker: SessionTaker): Promise<TakenSession>;
  /** Called with each session of this node that somebody took, soon, or never where the word is lost. */
  abstract whenMoved(listener: (move: SessionMove) => void): void;
}
