import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Config } from '../../config/config.js';
import { History } from '../../messaging/history.js';
import type { HistoryPage, ReadRange } from '../../messaging/message-log.js';
import { TopicPresence } from '../../messaging/topic-presence.js';
import { encodeTopicMessage } from '../../protocol/codec.js';
import { LIMITS } from '../../protocol/limits.js';
import { Refusal } from '../../protocol/refusal.js';
import { requireTopic } from '../../protocol/topic-name.js';
import { Costs, HISTORY_COST, PRESENCE_COST } from '../limits/cost.js';
import type { Connection } from '../ws/connection.js';
import { JsonText } from '../ws/handler-result.js';
import { type Fields, optionalCount, requireCount, requireFields } from './fields.js';

const DEFAULT_LIMIT = 100;

/** Actions that read: `topic.history`, `topic.presence`. */
@WebSocketGateway()
export class HistoryGateway {
  constructor(
    private readonly history: History,
    private readonly presence: TopicPresence,
    private readonly config: Config,
  ) {}

  @Costs(HISTORY_COST)
  @SubscribeMessage('topic.history')
  async read({ facts, principal }: Connection, data: unknown): Promise<JsonText> {
    const fields = requireFields(data);
    const topic = requireTopic(fields['topic'], 'data.topic');
    // One page is one frame and must fit what may wait for a slow reader.
    const range = { ...rangeOf(fields), maxBytes: this.config.gateway.queueBytes / 2 };
    return pageText(await this.history.fetch(principal, topic, range, facts));
  }

  @Costs(PRESENCE_COST)
  @SubscribeMessage('topic.presence')
  async members({ principal }: Connection, data: unknown): Promise<unknown> {
    const topic = requireTopic(requireFields(data)['topic'], 'data.topic');
    const { members, users, connections, partial } = await this.presence.list(principal, topic);
    return {
      topic,
      users,
      connections,
      partial,
      members: members.map(({ user, connectionId, node, joinedAt }) => ({ user, connection_id: connectionId, node, joined_at: joinedAt })),
    };
  }
}

function rangeOf(fields: Fields): ReadRange {
  const after = optionalCount(fields['after'], 'data.after', 0);
  const before = optionalCount(fields['before'], 'data.before', 1);
  const limit = fields['limit'] === undefined ? DEFAULT_LIMIT : requireCount(fields['limit'], 'data.limit', 1);
  if (limit > LIMITS.historyPage) throw Refusal.badRequest('data.limit', `must be at most ${LIMITS.historyPage}`);
  return { limit, ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
}

/** Payloads pass through as text: parsing and writing them again would change numbers and escapes. */
function pageText({ epoch, head, floor, messages }: HistoryPage): JsonText {
  const envelopes = messages.map((message) => encodeTopicMessage(message));
  return new JsonText(`{"epoch":${JSON.stringify(epoch)},"head":${head},"floor":${floor},"messages":[${envelopes.join(',')}]}`);
}
