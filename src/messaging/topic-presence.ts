import { Injectable, Logger } from '@nestjs/common';
import { Authorizer } from '../auth/authorizer.js';
import type { Principal } from '../auth/principal.js';
import { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { Refusal } from '../protocol/refusal.js';
import { namespaceOf, topicKind } from '../protocol/topic-name.js';
import { Namespaces } from './namespaces.js';
import { requirePermission } from './permission.js';
import { Presence, type PresenceList, type PresenceMember } from './presence.js';
import { PresenceAnnouncer } from './presence-announcer.js';
import type { Subscriber } from './subscriber.js';

const NOT_TRACKED = (): void => undefined;

/** Who is in a topic: kept while users are subscribed, listed on request. */
@Injectable()
export class TopicPresence {
  private readonly logger = new Logger(TopicPresence.name);

  constructor(
    private readonly presence: Presence,
    private readonly announcer: PresenceAnnouncer,
    private readonly namespaces: Namespaces,
    private readonly authorizer: Authorizer,
    private readonly config: Config,
  ) {}

  /** Rejects with `PERMISSION_DENIED`, or with `NOT_FOUND` where the namespace keeps no presence. */
  async list(principal: Principal, topic: string): Promise<PresenceList> {
    requirePermission(this.authorizer.maySubscribe(principal, topic));
    if (!this.tracks(topic)) {
      throw new Refusal(
        'NOT_FOUND',
        `namespace ${namespaceOf(topic)} keeps no presence; set presence: true for it in messaging.namespaces`,
      );
    }
    return this.presence.list(topic, this.config.messaging.presenceListMembers);
  }

  /** A subscriber entered a topic. Answers what to call when it leaves; a presence that fails keeps nobody out of a topic. */
  async enter(topic: string, subscriber: Subscriber): Promise<() => void> {
    const { principal } = subscriber;
    if (principal.kind !== 'user' || !this.tracks(topic)) return NOT_TRACKED;
    const member = { connectionId: subscriber.id, user: principal.id, node: nodeIdOf(this.config), joinedAt: Date.now() };
    try {
      if (await this.presence.join(topic, member)) this.announcer.joined(topic, member.user);
    } catch (error) {
      this.logger.warn(`${topic}: presence of a connection is not kept: ${(error as Error).message}`);
    }
    return () => void this.leave(topic, member);
  }

  private async leave(topic: string, member: PresenceMember): Promise<void> {
    try {
      if (await this.presence.leave(topic, member)) this.announcer.left(topic, member.user);
    } catch (error) {
      this.logger.warn(`${topic}: the end of a presence is not told: ${(error as Error).message}`);
    }
  }

  private tracks(topic: string): boolean {
    return topicKind(topic) === 'plain' && this.namespaces.policyFor(topic).presence;
  }
}
