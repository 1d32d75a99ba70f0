import { Injectable } from '@nestjs/common';
import { NO_GRANTS, type Principal } from '../auth/principal.js';
import { Tickets } from '../auth/tickets.js';
import { CanaryDoor } from '../messaging/canary-door.js';

/** Lets the canary in with a one-time ticket, which never leaves this process but for its own loopback. */
@Injectable()
export class TicketCanaryDoor extends CanaryDoor {
  override readonly principal: Principal = {
    kind: 'system',
    id: 'system:canary',
    roles: [],
    grants: NO_GRANTS,
    scopes: [],
    expiresAt: undefined,
    tokenId: undefined,
  };
  private last: string | undefined;

  constructor(private readonly tickets: Tickets) {
    super();
  }

  override ticket(): string {
    const ticket = this.tickets.issueHere(this.principal);
    this.last = ticket;
    return ticket;
  }

  override admits(ticket: string | undefined): boolean {
    if (ticket === undefined || ticket !== this.last) return false;
    // Good for one place, as the ticket is for one connection.
    this.last = undefined;
    return true;
  }
}
