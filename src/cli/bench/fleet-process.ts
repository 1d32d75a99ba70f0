import type { OpenOrder, StormOrder } from './fleet.js';
import { trustAuthorities } from '../trusted-authorities.js';
import { LocalFleet } from './local-fleet.js';
import type { FleetCall } from './remote-fleet.js';

const PROGRESS_EVERY_MS = 500;

const [, , authority] = process.argv;
if (authority !== undefined) trustAuthorities(authority);

/** A process with a part of the connections; commanded over its IPC channel, and gone with it. */
const fleet = new LocalFleet();

const CALLS: Readonly<Record<FleetCall['call'], (order: never) => Promise<unknown>>> = {
  open: (order: OpenOrder) => fleet.open(order),
  storm: (order: StormOrder) => fleet.storm(order),
  shortfall: (head: number) => fleet.shortfall(head),
  tally: () => fleet.tally(),
  stop: async () => fleet.stop(),
};

process.on('message', (message) => {
  const { id, call, order } = message as FleetCall;
  CALLS[call](order as never).then(
    (result) => {
      // First where the fleet stands now: whoever has the answer asks for that next.
      process.send?.({ progress: fleet.progress() });
      process.send?.({ id, result });
    },
    (error: unknown) => process.send?.({ id, problem: error instanceof Error ? error.message : String(error) }),
  );
});
setInterval(() => process.send?.({ progress: fleet.progress() }), PROGRESS_EVERY_MS);
// A terminal interrupts the whole group; when to stop is told over the channel.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
