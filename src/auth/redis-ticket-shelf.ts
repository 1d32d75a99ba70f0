import type { RedisLinks } from '../cluster/redis-links.js';
import { Refusal } from '../protocol/refusal.js';
import type { Principal } from './principal.js';
import { TicketShelf } from './ticket-shelf.js';

const RETRY_AFTER_MS = 1_000;

/** Tickets of all nodes: a proxy may send the upgrade to another node than the one that was asked for the ticket. */
export class RedisTicketShelf extends TicketShelf {
  constructor(private readonly links: RedisLinks) {
    super();
  }

  override async put(digest: string, principal: Principal, ttlMs: number): Promise<void> {
    await this.links.commands.client.set(this.keyOf(digest), JSON.stringify(principal), 'PX', ttlMs);
  }

  override async take(digest: string): Promise<Principal | undefined> {
    let text: string | null;
    try {
      text = await this.links.commands.client.getdel(this.keyOf(digest));
    } catch {
      throw new Refusal('UNAVAILABLE', 'Tickets of other nodes cannot be looked up now; get a new one.', { retryAfterMs: RETRY_AFTER_MS });
    }
    return text === null ? undefined : (JSON.parse(text) as Principal);
  }

  private keyOf(digest: string): string {
    return this.links.key('ticket', digest);
  }
}
