import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Subscriptions } from '../../messaging/subscriptions.js';
import { requireTopic } from '../../protocol/topic-name.js';
import { Costs, SUBSCRIBE_COST, TENTH, UNSUBSCRIBE_COST } from '../limits/cost.js';
import { Barrier } from '../ws/barrier.js';
import type { CommandContext } from '../ws/command-context.js';
import type { Connection } from '../ws/connection.js';
import { NO_REPLY } from '../ws/handler-result.js';
import { ServerTopics } from '../ws/server-topics.js';
import { requireCount, requireFields, requireText } from './fields.js';
import { subscribeAll } from './subscribe-all.js';
import { subscribeRequests, topicNames } from './topic-list.js';

/** Actions that change what a connection receives. */
@WebSocketGateway()
export class SubscribeGateway {
  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly serverTopics: ServerTopics,
  ) {}

  @Barrier()
  @Costs(SUBSCRIBE_COST)
  @SubscribeMessage('topic.subscribe')
  subscribe(_connection: Connection, data: unknown, context: CommandContext): Promise<unknown> {
    return subscribeAll(this.subscriptions, subscribeRequests(data), context);
  }

  /** After a reconnect: server topics may be named too, and whichever are not go on live. */
  @Barrier()
  @Costs(SUBSCRIBE_COST)
  @SubscribeMessage('resume')
  async resume(connection: Connection, data: unknown, context: CommandContext): Promise<unknown> {
    const requests = subscribeRequests(data);
    const reply = await subscribeAll(this.subscriptions, requests, context);
    context.afterReply(() => this.serverTopics.activate(connection, new Set(requests.map((request) => request.topic))));
    return reply;
  }

  @Barrier()
  @Costs(UNSUBSCRIBE_COST)
  @SubscribeMessage('topic.unsubscribe')
  unsubscribe(connection: Connection, data: unknown): void {
    const ended = topicNames(data).filter((topic) => this.subscriptions.unsubscribe(connection, topic));
    connection.flight.unsubscribed(ended);
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
