import { CLOSES, type CloseName } from '../protocol/close-codes.js';
import type { Refusal } from '../protocol/refusal.js';
import type { Refused } from '../telemetry/refused.js';
import type { ConnectionFacts, Telemetry } from '../telemetry/telemetry.js';

/** Closes by which nobody is refused: the end of a node, defects, and peers that are gone or too slow. */
const NO_REFUSALS: ReadonlySet<CloseName> = new Set<CloseName>([
  'NORMAL',
  'NODE_DRAINING',
  'INTERNAL_ERROR',
  'STATE_LOST',
  'SLOW_CONSUMER',
  'NO_PONG',
  'WRITE_STALLED',
]);

/** Tells telemetry of a refusal. A defect is none: it is logged where it happens. */
export function reportRefusal(telemetry: Telemetry, refusal: Refusal, about: Omit<Refused, 'code' | 'rule' | 'message'>): void {
  const { code, message, rule, field, user } = refusal;
  if (code === 'INTERNAL') return;
  telemetry.refused({ ...about, code, message, rule: rule ?? field, user: about.user ?? user });
}

/** Tells telemetry of a connection that was closed because it may not go on. `said`: the reason that its peer was told. */
export function reportClose(telemetry: Telemetry, facts: ConnectionFacts, name: CloseName, said: string): void {
  if (NO_REFUSALS.has(name)) return;
  const { code, reason } = CLOSES[name];
  telemetry.refused({ kind: 'close', code, rule: reason, message: said, ...callerOf(facts) });
}

export function callerOf({ id, openedAt, ref, user, address, client }: ConnectionFacts) {
  return { connectionId: id, connectedAt: openedAt, ref, user, address, client };
}
