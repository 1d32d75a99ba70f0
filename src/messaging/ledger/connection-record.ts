import type { ConnectionView } from '../gateway-control.js';

/** Kinds of events that a flight recorder keeps; docs/flight-recorder.md says what `detail` holds for each. */
export const FLIGHT_EVENTS = [
  'connected',
  'authenticated',
  'refreshed',
  'refused',
  'welcome',
  'subscribed',
  'recovered',
  'not_recovered',
  'unsubscribed',
  'session_resumed',
  'session_moved',
  'gap',
  'dropped',
  'slow',
  'caught_up',
  'high_water',
  'round_trip',
  'reading_paused',
  'reading_resumed',
  'closing',
  'closed',
] as const;
export type FlightEventKind = (typeof FLIGHT_EVENTS)[number];

/** Something that happened to one connection. */
export interface FlightEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: FlightEventKind;
  /** A topic, a code, a reason or a number, as the kind says. */
  readonly detail?: string | number;
}

/** A connection that ended, and what its flight recorder kept. */
export interface ConnectionRecord {
  readonly view: ConnectionView;
  /** Oldest first: the last ones before the end. */
  readonly events: readonly FlightEvent[];
  /** Events that were forgotten for later ones. */
  readonly forgotten: number;
}
