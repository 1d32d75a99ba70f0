import type { Principal } from '../auth/principal.js';

/**
 * Port: how a node's own canary comes in through its public port. It takes the way of any client, except that it takes up nobody's
 * place among the connections of the node. Implemented by the gateway.
 */
export abstract class CanaryDoor {
  /** Who the canary is, for its publishes too. */
  abstract readonly principal: Principal;
  /** A ticket for one upgrade, good for some seconds. */
  abstract ticket(): string;
  /** Whether an upgrade came with the ticket that was given out last. */
  abstract admits(ticket: string | undefined): boolean;
}
