import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Publisher } from '../../messaging/publisher.js';
import { Refusal } from '../../protocol/refusal.js';
import { isUserId, requireTopic, userTopic } from '../../protocol/topic-name.js';
import type { CommandContext } from '../ws/command-context.js';
import type { Connection } from '../ws/connection.js';
import { NoDeadline } from '../ws/no-deadline.js';
import { requireFields } from './fields.js';
import { publish, type PublishReply } from './publish.js';

/** `topic.publish`, and `user.send`, which is a publish to a user's own topic. */
@WebSocketGateway()
export class PublishGateway {
  constructor(private readonly publisher: Publisher) {}

  @NoDeadline()
  @SubscribeMessage('topic.publish')
  publish(_connection: Connection, data: unknown, context: CommandContext): Promise<PublishReply> {
    const fields = requireFields(data);
    return publish(this.publisher, requireTopic(fields['topic'], 'data.topic'), fields, context);
  }

  @NoDeadline()
  @SubscribeMessage('user.send')
  send(_connection: Connection, data: unknown, context: CommandContext): Promise<PublishReply> {
    const fields = requireFields(data);
    const { user } = fields;
    if (!isUserId(user)) throw Refusal.badRequest('data.user', 'must be a user id: up to 128 printable characters');
    return publish(this.publisher, userTopic(user), fields, context);
  }
}
