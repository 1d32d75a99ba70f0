import { Injectable } from '@nestjs/common';
import { batchOf } from '../../messaging/frame.js';
import type { SubscribeOutcome } from '../../messaging/subscriptions.js';
import { Refusal } from '../../protocol/refusal.js';
import { ALL_TOPIC, userTopic } from '../../protocol/topic-name.js';
import type { Connection } from './connection.js';
import type { TopicSocket } from './connection-origin.js';
import { replyFrame } from './reply-frame.js';
import { subscribed } from './subscribe-result.js';
import { welcome } from './welcome.js';

interface Failure {
  readonly topic: string;
  readonly refusal: Refusal;
}

/**
 * Topics that the server subscribes a connection to: the user's own and `$all`, or the one topic of a topic socket. They are
 * subscribed before `welcome` is written, so that nothing published after a client has seen it is missed; what they bring is held
 * until the client's `resume` frame has said where it goes on, or the wait for that frame is over.
 */
@Injectable()
export class ServerTopics {
  /** Subscribes, says `welcome`, and lets the connection's frames through. Problems end up on the connection. */
  open(connection: Connection): void {
    const { topic } = connection.origin;
    const opening = topic === undefined ? this.openForUser(connection) : this.openForTopic(connection, topic);
    opening.catch((error: unknown) => connection.defect(error));
  }

  /** Lets the held server topics flow, except those named, which the client has taken up itself. */
  activate(connection: Connection, except: ReadonlySet<string> = new Set()): void {
    const held = connection.heldTopics;
    connection.heldTopics = [];
    for (const outcome of held) if (!except.has(outcome.topic)) outcome.activate();
  }

  private async openForUser(connection: Connection): Promise<void> {
    const { kind, id } = connection.principal;
    // Operators are no users: there is nothing for them there.
    const topics = kind === 'operator' ? [] : [userTopic(id), ALL_TOPIC];
    const results = await Promise.all(topics.map((topic) => subscribe(connection, topic, undefined)));
    if (connection.state !== 'open') return;
    connection.session = connection.services.sessions.begin(connection);
    connection.welcome(welcome(connection));
    for (const result of results) {
      if (!('refusal' in result)) continue;
      connection.flight.refused('subscribe', result.refusal, result.topic);
      connection.push('topic.unsubscribed', { topic: result.topic, code: result.refusal.code });
    }
    connection.heldTopics = results.filter((result) => 'activate' in result);
    this.waitForResume(connection);
    connection.inbound.dispatcher.release();
  }

  /** A `resume` frame has come: the held topics wait for its end, however long that takes. */
  resuming(connection: Connection): void {
    connection.lifetime.resumeBy = Infinity;
  }

  /** The held topics wait for a `resume` frame: the first, or another one where the first was refused. */
  waitForResume(connection: Connection): void {
    const { resumeWaitMs } = connection.services.settings.messaging;
    if (resumeWaitMs === 0) {
      this.activate(connection);
      return;
    }
    if (connection.heldTopics.length === 0) return;
    connection.lifetime.resumeBy = performance.now() + resumeWaitMs;
    connection.services.lifetimes.schedule(connection.lifetime);
  }

  /** A topic socket is answered as if it had sent `topic.subscribe` itself. */
  private async openForTopic(connection: Connection, { topic, since }: TopicSocket): Promise<void> {
    const result = await subscribe(connection, topic, since);
    if (connection.state !== 'open') return;
    if ('refusal' in result) {
      connection.flight.refused('subscribe', result.refusal, topic);
      const forbidden = result.refusal.code === 'PERMISSION_DENIED';
      connection.close(forbidden ? 'FORBIDDEN' : 'INTERNAL_ERROR', result.refusal.message, result.refusal.retryAfterMs);
      return;
    }
    connection.welcome(welcome(connection));
    connection.offer(batchOf([{ bytes: replyFrame(undefined, { topics: [subscribed(result)] }, undefined) }]));
    connection.flight.subscribed([result]);
    result.activate();
    connection.inbound.dispatcher.release();
  }
}

/** Refusals become values; anything else is a defect. */
async function subscribe(connection: Connection, topic: string, since: TopicSocket['since']): Promise<SubscribeOutcome | Failure> {
  try {
    return await connection.services.subscriptions.subscribe(connection, { topic, since, ack: false });
  } catch (error) {
    if (error instanceof Refusal) return { topic, refusal: error };
    throw error;
  }
}
