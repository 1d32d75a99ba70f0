/** What a node can judge of an alert of prometheus/rules by itself. Urgency, wait and numbers are those of the rule; a test compares them. */
export interface AlarmRule {
  readonly severity: 'page' | 'ticket';
  /** How long it must be so before it is an alarm, in milliseconds. */
  readonly forMs: number;
  /** The numbers that the rule compares with. */
  readonly thresholds: readonly number[];
}

const MINUTE_MS = 60_000;
const BURN: AlarmRule = { severity: 'page', forMs: 0, thresholds: [14.4, 6] };

export const ALARM_RULES = {
  WaybillNotReady: { severity: 'page', forMs: 2 * MINUTE_MS, thresholds: [0] },
  WaybillEventLoopSlow: { severity: 'ticket', forMs: 5 * MINUTE_MS, thresholds: [0.2] },
  WaybillMemoryHigh: { severity: 'ticket', forMs: 5 * MINUTE_MS, thresholds: [0] },
  WaybillFileDescriptorsLow: { severity: 'ticket', forMs: 5 * MINUTE_MS, thresholds: [0.9] },
  WaybillCertificateExpiring: { severity: 'ticket', forMs: 60 * MINUTE_MS, thresholds: [14, 86_400] },
  WaybillSendQueueStuck: { severity: 'ticket', forMs: 2 * MINUTE_MS, thresholds: [30, 0.75] },
  WaybillDatabaseDown: { severity: 'ticket', forMs: MINUTE_MS, thresholds: [2] },
  WaybillPublishQueueFull: { severity: 'ticket', forMs: 2 * MINUTE_MS, thresholds: [0] },
  WaybillLedgerBehind: { severity: 'ticket', forMs: 2 * MINUTE_MS, thresholds: [60] },
  WaybillDeliveryImbalance: { severity: 'page', forMs: MINUTE_MS, thresholds: [0] },
  WaybillCanaryFailing: { severity: 'page', forMs: MINUTE_MS, thresholds: [0] },
  WaybillBusDown: { severity: 'ticket', forMs: MINUTE_MS, thresholds: [0] },
  WaybillNodeLost: { severity: 'ticket', forMs: 0, thresholds: [0] },
  WaybillHandshakeBudgetBurn: BURN,
  WaybillPublishBudgetBurn: BURN,
  WaybillDeliveryLatencyBudgetBurn: BURN,
  WaybillDeliveryLossBudgetBurn: BURN,
  WaybillRecoveryBudgetBurn: BURN,
  WaybillCanaryBudgetBurn: BURN,
} as const satisfies Readonly<Record<string, AlarmRule>>;

export type AlarmName = keyof typeof ALARM_RULES;

/** Alerts that a node does not judge, and why: who needs them has Prometheus. */
export const ONLY_BY_PROMETHEUS = {
  WaybillDown: 'a node that is gone cannot say so',
  WaybillReconnectStorm: 'compares all nodes over more than an hour',
  WaybillSlowConsumers: 'compares closes of ten minutes by reason; ops/slow lists who is slow now',
  WaybillSignInGuessing: 'counts over all nodes',
  WaybillDatabasePoolExhausted: 'is a quantile over five minutes; the part database is degraded where callers wait',
  WaybillLedgerDropping: 'counts over ten minutes; the part ledger is degraded for one after a loss',
  WaybillGapsNotHealed: 'counts over ten minutes by reason',
  WaybillBusLag: 'is a quantile over five minutes',
  WaybillTelemetryDropped: 'is a rate over five minutes',
  WaybillCollectorDropping: 'is of the collector',
  WaybillHandshakeBudgetSlowBurn: 'reaches back three days',
  WaybillPublishBudgetSlowBurn: 'reaches back three days',
  WaybillDeliveryLatencyBudgetSlowBurn: 'reaches back three days',
  WaybillDeliveryLossBudgetSlowBurn: 'reaches back three days',
  WaybillRecoveryBudgetSlowBurn: 'reaches back three days',
  WaybillCanaryBudgetSlowBurn: 'reaches back three days',
} as const;

/** Pages of what no rule of Prometheus speaks of, by the beginning of its name. */
export const SHARED_RUNBOOKS = { 'limit.': 'near-a-limit', 'part.': 'part-not-well' } as const;

/** File of docs/runbooks, without its suffix: `WaybillMemoryHigh` is `waybill-memory-high`, `part.jwks` is `part-not-well`. */
export function runbookNameOf(alert: string): string {
  const shared = Object.entries(SHARED_RUNBOOKS).find(([beginning]) => alert.startsWith(beginning));
  if (shared !== undefined) return shared[1];
  return alert.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
