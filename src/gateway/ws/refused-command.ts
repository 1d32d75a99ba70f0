import type { Refusal } from '../../protocol/refusal.js';
import type { RefusalKind } from '../../telemetry/refused.js';
import { callerOf, reportRefusal } from '../refused.js';
import type { Command } from './command.js';
import { namedTopic } from './named-topic.js';

const KINDS: Readonly<Record<string, RefusalKind>> = {
  auth: 'login',
  'auth.refresh': 'login',
  'topic.subscribe': 'subscribe',
  resume: 'subscribe',
  'topic.publish': 'publish',
  'user.send': 'publish',
};

/** Tells telemetry that a command was refused, with the topic that it named. */
export function reportRefusedCommand(
  { connection, action, frame, traceId }: Command,
  refusal: Refusal,
  topic = namedTopic(frame.data),
): void {
  const kind = KINDS[action.name] ?? 'command';
  connection.flight.refused(kind, refusal, topic);
  reportRefusal(connection.services.telemetry, refusal, { kind, topic, traceId, ...callerOf(connection.facts) });
}
