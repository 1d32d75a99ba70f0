import { table } from '../rig/table.ts';

/** Of P1, with every publish and delivery traced. */
export const LOAD = { dialect: 'gateway', subscribers: 1_000, inFlight: 8, payloadBytes: 100 } as const;
export const TRACED = { WAYBILL_TRACE_RATIO: '1', WAYBILL_CANARY_INTERVAL_MS: '0', WAYBILL_LOG_LEVEL: 'warn' } as const;
/** Above what one request to the collector may take, so that a phase begins without one that still hangs. */
export const SETTLE_MS = 4_000;

/** A table of one goal. */
export function goalTable(goal: string, wanted: string, measured: string, held: boolean): string {
  return table(['goal', 'wanted', 'measured', 'held'], [[goal, wanted, measured, held ? 'yes' : 'no']]);
}
