import { FLIGHT_EVENTS, type FlightEvent, type FlightEventKind } from '../../messaging/ledger/connection-record.js';

export type EventDetail = FlightEvent['detail'];

/** Room for the first events: most connections never need more. */
const FIRST_EVENTS = 4;
/** A time and a kind share one number. V8 keeps those below 2^31 in place: the first 18 hours of a connection. */
const KIND_BITS = 5;
const KINDS = 2 ** KIND_BITS;

/**
 * The last events of a connection in one flat list that grows by doubling: two places for each, no object. There are as many rings as
 * connections.
 */
export class EventRing {
  /** Events so far, kept or forgotten. */
  count = 0;
  private places: EventDetail[] | undefined;

  /** `since`: milliseconds since the connection opened. Answers the event's number, by which it may be amended. */
  push(since: number, kind: FlightEventKind, detail: EventDetail, capacity: number): number {
    const number = this.count;
    const at = (number % capacity) * 2;
    const places = this.room(at, capacity);
    places[at] = Math.max(0, since) * KINDS + FLIGHT_EVENTS.indexOf(kind);
    places[at + 1] = detail;
    this.count += 1;
    return number;
  }

  /** Says more of an event; nothing where it is forgotten. */
  amend(number: number, detail: EventDetail, capacity: number): void {
    if (this.places !== undefined && this.isKept(number, capacity)) this.places[(number % capacity) * 2 + 1] = detail;
  }

  isKept(number: number, capacity: number): boolean {
    return number >= this.count - capacity;
  }

  /** Oldest first. `openedAt`: milliseconds since the epoch. */
  *events(openedAt: number, capacity: number): Generator<FlightEvent> {
    const { places } = this;
    if (places === undefined) return;
    for (let number = Math.max(0, this.count - capacity); number < this.count; number += 1) {
      const at = (number % capacity) * 2;
      const stamp = places[at] as number;
      const detail = places[at + 1];
      const kind = FLIGHT_EVENTS[stamp % KINDS] as FlightEventKind;
      yield { at: openedAt + Math.floor(stamp / KINDS), kind, ...(detail === undefined ? {} : { detail }) };
    }
  }

  private room(at: number, capacity: number): EventDetail[] {
    const { places } = this;
    if (places !== undefined && at < places.length) return places;
    const grown = new Array<EventDetail>(Math.min(capacity, Math.max(FIRST_EVENTS, at)) * 2);
    places?.forEach((place, index) => (grown[index] = place));
    this.places = grown;
    return grown;
  }
}
