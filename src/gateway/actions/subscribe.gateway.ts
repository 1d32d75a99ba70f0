import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Subscriptions } from '../../messaging/subscriptions.js';
import { requireTopic } from '../../protocol/topic-name.js';
import { Costs, SUBSCRIBE_COST, TENTH, UNSUBSCRIBE_COST } from '../limits/cost.js';
import { Barrier } from '../ws/barrier.js';
import type { CommandContext } from '../ws/command-context.js';
import type { Connection } from '../ws/connection.js';
import { NO_REPLY } from '../ws/handler-result.js';
import { ServerTopics } from '../ws/server-topics.js';
import { Sessions } from '../sessions/sessions.js';
import { requireCount, requireFields, requireText } from './fields.js';
import { resumeRequest, withSession } from './resume-request.js';
import { subscribeAll } from './subscribe-all.js';
import { subscribeRequests, topicNames } from './topic-list.js';

/** Actions that change what a connection receives. */
@WebSocketGateway()
export class SubscribeGateway {
  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly serverTopics: ServerTopics,
    private readonly sessions: Sessions,
  ) {}

  @Barrier()
  @Costs(SUBSCRIBE_COST)
  @SubscribeMessage('topic.subscribe')
  async subscribe(connection: Connection, data: unknown, context: CommandContext): Promise<unknown> {
    const reply = await subscribeAll(this.subscriptions, subscribeRequests(data), context);
    this.sessions.changed(connection);
    return reply;
  }

  /**
   * After a reconnect: server topics may be named too, and whichever are not go on live. With the session of the connection before,
   * everything that it had is subscribed again, from where the client says it stands, and else from where the session does.
   */
  @Barrier()
  @Costs(SUBSCRIBE_COST)
  @SubscribeMessage('resume')
  async resume(connection: Connection, data: unknown, context: CommandContext): Promise<unknown> {
    this.serverTopics.resuming(connection);
    try {
      const { session, requests: named } = resumeRequest(data);
      const resumed = session === undefined ? undefined : await this.sessions.resume(connection, session);
      const requests = withSession(named, resumed);
      const reply = await subscribeAll(this.subscriptions, requests, context);
      this.sessions.changed(connection);
      context.afterReply(() => this.serverTopics.activate(connection, new Set(requests.map((request) => request.topic))));
      return resumed === undefined ? reply : { ...reply, resumed_from: resumed.node };
    } catch (error) {
      this.serverTopics.waitForResume(connection);
      throw error;
    }
  }

  @Barrier()
  @Costs(UNSUBSCRIBE_COST)
  @SubscribeMessage('topic.unsubscribe')
  unsubscribe(connection: Connection, data: unknown): void {
    const ended = topicNames(data).filter((topic) => this.subscriptions.unsubscribe(connection, topic));
    connection.flight.unsubscribed(ended);
    this.sessions.changed(connection);
  }

  /** Answered only where it is asked for, by a `msg_id`, or refused: acknowledgements are many. */
  @Costs(TENTH)
  @SubscribeMessage('topic.ack')
  acknowledge(connection: Connection, data: unknown, { frame }: CommandContext): unknown {
    const fields = requireFields(data);
    const topic = requireTopic(fields['topic'], 'data.topic');
    const epoch = fields['epoch'] === undefined ? undefined : requireText(fields['epoch'], 'data.epoch');
    this.subscriptions.acknowledge(connection, topic, requireCount(fields['seq'], 'data.seq', 1), epoch);
    connection.acks += 1;
    return frame.msgId === undefined ? NO_REPLY : undefined;
  }
}
