import type { CloseName } from '../protocol/close-codes.js';
import type { DropReason } from '../telemetry/telemetry.js';

/** Why what still waited for a connection was not written when the server ended it: for operators, who ask whose doing it was. */
export function dropReasonOf(name: CloseName): DropReason {
  if (name === 'SLOW_CONSUMER') return 'slow_consumer';
  return name === 'INTERNAL_ERROR' || name === 'STATE_LOST' ? 'gateway_failed' : 'connection_closed';
}
