/** Connections that are open at the gateway while its console is looked at. */
export const CONNECTIONS = 10_000;
/** Cold loads of the overview in each repeat. */
export const LOADS = 3;
/** Windows with a console and without one, in turns, in each repeat. */
export const PAIRS = 3;
/** Publishes to a room in a second, so that figures move and a topic can be watched. */
export const PUBLISHES_PER_S = 5;

const ROOMS = 100;

/** Each connection is subscribed to one of these. */
export const rooms: readonly string[] = Array.from({ length: ROOMS }, (_, index) => `bench.room-${String(index).padStart(3, '0')}`);

/** The room that is published to and watched. */
export const BUSY_ROOM = rooms[0] ?? '';
