import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Broker } from './broker.js';
import { GroupCommit } from './group-commit.js';
import { Hub } from './hub.js';
import { Ledger } from './ledger/ledger.js';
import { Presence } from './presence.js';
import { PresenceAnnouncer } from './presence-announcer.js';

/**
 * Ends messaging after the sockets were drained: what was taken is stored, then topics and bus are left, and what was delivered is recorded. Nest ends modules
 * before those they import, so the database's connections are still open.
 */
@Injectable()
export class MessagingShutdown implements OnApplicationShutdown {
  constructor(
    private readonly groupCommit: GroupCommit,
    private readonly presence: Presence,
    private readonly announcer: PresenceAnnouncer,
    private readonly hub: Hub,
    private readonly broker: Broker,
    private readonly ledger: Ledger,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.groupCommit.close();
    this.announcer.close();
    await this.presence.close();
    await this.hub.close();
    await this.ledger.close();
    await this.broker.close();
  }
}
