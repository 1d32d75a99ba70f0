import type { PublishReceipt, Publisher } from '../../messaging/publisher.js';
import { requireEventName } from '../../protocol/envelope.js';
import type { CommandContext } from '../ws/command-context.js';
import type { Fields } from './fields.js';
import { payloadText } from './payload.js';

/** The reply's data of a publish. */
export interface PublishReply {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly msg_id: string;
  readonly duplicate?: true;
}

/** Publishes the frame's payload to a checked topic. Everything up to the publisher's queue is synchronous, so a connection's order holds. */
export async function publish(publisher: Publisher, topic: string, fields: Fields, context: CommandContext): Promise<PublishReply> {
  const { frame, principal, connection } = context;
  const action = requireEventName(fields['action'], 'data.action');
  const request = {
    topic,
    action,
    dataText: payloadText(frame),
    msgId: frame.msgId,
    clientTimestamp: frame.clientTimestamp,
    trace: frame.trace,
  };
  const receipt = await publisher.publish(request, { principal, door: 'socket', connection: connection.facts, source: connection });
  connection.published += 1;
  return replyOf(receipt);
}

function replyOf({ topic, epoch, seq, msgId, duplicate }: PublishReceipt): PublishReply {
  return { topic, epoch, seq, msg_id: msgId, ...(duplicate && { duplicate }) };
}
