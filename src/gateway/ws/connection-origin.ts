import type { Position } from '../../messaging/message.js';
import type { Place } from '../connection-places.js';

/** The one topic of a topic socket, and where the client wants to go on; undefined: live only. */
export interface TopicSocket {
  readonly topic: string;
  readonly since: Position | undefined;
}

/** What the upgrade learnt of a peer. */
export interface ConnectionOrigin {
  readonly ref: string;
  readonly address: string;
  /** What the client calls itself: `name/1.2`. */
  readonly client: string | undefined;
  /** Traceparent of the handshake span. */
  readonly handshake: string | undefined;
  /** Undefined on `/ws`. */
  readonly topic: TopicSocket | undefined;
  /** What it takes up among the connections of this node, until it is closed. */
  readonly place: Place;
}
