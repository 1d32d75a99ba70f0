import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Subscriptions } from './subscriptions.js';

/** A connection of this node that a publish to a topic would reach now. */
export interface LiveSubscriber {
  readonly connection: string;
  /** Principal id. */
  readonly user: string;
  /** What it missed comes first; live messages wait for that. */
  readonly joining: boolean;
  readonly acknowledges: boolean;
  /** Highest `seq` that it was offered. */
  readonly offered: number;
  /** Highest `seq` that it acknowledged. */
  readonly acked: number;
}

/** Read-only view of who is subscribed on this node, for monitoring. */
@Injectable()
export class SubscribersView {
  constructor(private readonly subscriptions: Subscriptions) {}

  /** In the order of their connections' ids. */
  of(topic: string): readonly LiveSubscriber[] {
    const found: LiveSubscriber[] = [];
    for (const { subscriber, state, acknowledges, offered, acked } of this.subscriptions.of(topic)) {
      if (state === 'closed') continue;
      found.push({ connection: subscriber.id, user: subscriber.principal.id, joining: state === 'joining', acknowledges, offered, acked });
    }
    return found.sort((left, right) => (left.connection < right.connection ? -1 : 1));
  }

  /** As whom a user's connections have proved themselves, by connection: what each of their tokens grants now. */
  principalsOf(user: string): ReadonlyMap<string, Principal> {
    const principals = new Map<string, Principal>();
    for (const { id, principal } of this.subscriptions.subscribers()) if (principal.id === user) principals.set(id, principal);
    return principals;
  }
}
