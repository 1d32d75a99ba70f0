import type { LedgerHealth } from '../../storage/ledger/ledger-health.js';
import { type HealthPart, OK, type PartCheck } from './health-part.js';

/** How long a loss is told. */
const RECENT_MS = 60_000;

/** The record of deliveries on this node. Never `down`: deliveries go on without it. */
export class LedgerPart implements HealthPart {
  readonly name = 'ledger';
  readonly affects = 'answers about deliveries: waybills and "why not" may say unknown for this time; deliveries themselves go on';

  constructor(
    private readonly ledger: LedgerHealth,
    private readonly now: () => number = Date.now,
  ) {}

  check(): PartCheck {
    const { state } = this.ledger;
    if (state === undefined) return OK;
    const { droppedAt, recordedTo, toleratedMs, waiting } = state;
    if (droppedAt !== undefined && this.now() - droppedAt < RECENT_MS)
      return { state: 'degraded', detail: 'receipts were dropped in the last minute; what they said is answered as unknown' };
    const age = this.now() - recordedTo;
    if (age <= toleratedMs) return OK;
    const seconds = Math.round(age / 1_000);
    return { state: 'degraded', detail: `nothing was recorded for ${seconds} s, ${waiting} records wait; see the part database` };
  }
}
