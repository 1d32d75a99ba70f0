import type { ThresholdStep } from './model.ts';

/** A threshold of a panel. Those of alerts are the alerts' own numbers; a test compares them with prometheus/rules. */
export interface Limit {
  /** Alerts that have it; none where it is an objective or an option. */
  readonly alerts: readonly string[];
  /** The number that the alerts compare with. */
  readonly at: number;
  /** Where the colour changes, when that is not `at`: above zero, the first value that is drawn. */
  readonly from?: number;
  readonly bad: 'above' | 'below';
  /** The rule in words. */
  readonly words: string;
}

const above = (at: number, words: string, ...alerts: readonly string[]): Limit => ({ alerts, at, bad: 'above', words });
const below = (at: number, words: string, ...alerts: readonly string[]): Limit => ({ alerts, at, bad: 'below', words });
/** Anything at all is bad; `from` is the least that there can be. */
const noneAllowed = (from: number, words: string, ...alerts: readonly string[]): Limit => ({ alerts, at: 0, from, bad: 'above', words });

const PAGES = 'it pages at 14.4 times that over an hour, or 6 times over six';
const SLIS = ['Handshake', 'Publish', 'DeliveryLatency', 'DeliveryLoss', 'Recovery', 'Canary'];
const BURNS = SLIS.map((sli) => `Waybill${sli}BudgetBurn`);

export const LIMITS = {
  notReady: { alerts: ['WaybillDown', 'WaybillNotReady'], at: 0, from: 1, bad: 'below', words: 'a node does not answer, or is not ready' },
  budget: below(0, 'below 0 the objective was missed'),
  burnRate: above(14.4, 'over an hour and over five minutes', ...BURNS),
  burnRate6h: above(6, 'over six hours and over half an hour', ...BURNS),
  burnRate3d: above(1, 'above 1 the budget ends before its 30 days do'),
  handshakeInTime: above(1, 'the objective is 1 s for 99 %'),
  requestInTime: above(0.3, 'the objective is 0.3 s for 99 %'),
  deliveryInTime: above(0.25, 'the objective is 250 ms for 99 %'),
  handshakeErrors: above(0.001, `the objective allows 0.1 %; ${PAGES}`, 'WaybillHandshakeBudgetBurn'),
  publishErrors: above(0.001, `the objective allows 0.1 %; ${PAGES}`, 'WaybillPublishBudgetBurn'),
  deliveryLate: above(0.01, `the objective allows 1 %; ${PAGES}`, 'WaybillDeliveryLatencyBudgetBurn'),
  deliveryLost: above(0.001, `the objective allows 0.1 %; ${PAGES}`, 'WaybillDeliveryLossBudgetBurn'),
  recoveryFailed: above(0.01, `the objective allows 1 %; ${PAGES}`, 'WaybillRecoveryBudgetBurn'),
  canaryFailing: noneAllowed(0.001, 'none comes back for two minutes', 'WaybillCanaryFailing'),
  reconnectStorm: above(2, 'everybody came twice within ten minutes, five times as often as before', 'WaybillReconnectStorm'),
  certificate: below(1_209_600, 'it ends within 14 days', 'WaybillCertificateExpiring'),
  signInGuessing: above(20, 'more than 20 of a kind within 15 minutes', 'WaybillSignInGuessing'),
  slowShare: above(0.05, 'more than 5 % of the connections of a node, and more than 5', 'WaybillSlowConsumers'),
  slowClosed: above(5, 'more than 5 within ten minutes, and 1 % of the connections', 'WaybillSlowConsumers'),
  sendQueueOldest: above(30, 'older than 30 s', 'WaybillSendQueueStuck'),
  sendQueueBytes: above(201_326_592, 'more than three quarters of WAYBILL_NODE_QUEUE_BYTES', 'WaybillSendQueueStuck'),
  imbalance: noneAllowed(1, 'anything but 0', 'WaybillDeliveryImbalance'),
  gapsNotHealed: noneAllowed(1, 'any with reason heal_failed within ten minutes', 'WaybillGapsNotHealed'),
  databaseDown: above(2, 'down for a minute', 'WaybillDatabaseDown'),
  databaseWait: above(0.5, 'p99 above 0.5 s', 'WaybillDatabasePoolExhausted'),
  publishQueue: noneAllowed(1, 'any that wait', 'WaybillPublishQueueFull'),
  ledgerDropping: noneAllowed(1, 'any within ten minutes', 'WaybillLedgerDropping'),
  ledgerBehind: above(60, 'more than a minute', 'WaybillLedgerBehind'),
  busDown: { alerts: ['WaybillBusDown'], at: 0, from: 1, bad: 'below', words: 'away for a minute' },
  nodeLost: noneAllowed(1, 'any, until it is back or forgotten', 'WaybillNodeLost'),
  busLag: above(0.1, 'p99 above 100 ms', 'WaybillBusLag'),
  eventLoop: above(0.2, 'p99 above 200 ms for five minutes', 'WaybillEventLoopSlow'),
  memory: noneAllowed(1, 'more than 90 % of the heap in use for five minutes', 'WaybillMemoryHigh'),
  descriptors: above(0.9, 'more than 90 % open', 'WaybillFileDescriptorsLow'),
  telemetryDropped: noneAllowed(0.001, 'any for ten minutes', 'WaybillTelemetryDropped'),
  collectorDropping: noneAllowed(0.001, 'any for ten minutes', 'WaybillCollectorDropping'),
} as const satisfies Readonly<Record<string, Limit>>;

export function limitSteps(limit: Limit | undefined): readonly ThresholdStep[] {
  if (limit === undefined) return [{ color: 'green', value: null }];
  const value = limit.from ?? limit.at;
  const [low, high] = limit.bad === 'above' ? ['green', 'red'] : ['red', 'green'];
  return [
    { color: low, value: null },
    { color: high, value },
  ];
}

export function limitNote({ alerts, words }: Limit): string {
  const [first, ...others] = alerts;
  if (first === undefined) return `**Line:** ${words}.`;
  if (others.length > 0) return `**Alerts:** ${alerts.join(', ')} (${words}). Each has a runbook in docs/runbooks.`;
  return `**Alert:** ${first} (${words}). Runbook: ${runbookOf(first)}.`;
}

/** `WaybillDatabaseDown` has docs/runbooks/waybill-database-down.md. */
function runbookOf(alert: string): string {
  return `docs/runbooks/${alert.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}.md`;
}
