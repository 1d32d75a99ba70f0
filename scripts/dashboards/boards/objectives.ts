/** What the gateway promises, as docs/slo.md and prometheus/rules/slo.rules.yml have it. */
export interface Objective {
  /** In the names of recording rules. */
  readonly sli: string;
  readonly title: string;
  /** Share that may be bad. */
  readonly budget: number;
  readonly says: string;
  readonly action: string;
  /** How many must be bad in its short window before it pages; the canary runs at its own pace and has none. */
  readonly least?: number;
  readonly alerts: { readonly page: string; readonly ticket: string };
}

export const OBJECTIVES: readonly Objective[] = [
  {
    sli: 'handshake_errors',
    title: 'Handshakes',
    budget: 0.001,
    says: 'Upgrades that failed by no fault of the client; 99.9 % must succeed.',
    action: 'Open Waybill / Connections, "Handshakes by result": the code says whether it is the database, a node that drains, or a limit.',
    least: 10,
    alerts: { page: 'WaybillHandshakeBudgetBurn', ticket: 'WaybillHandshakeBudgetSlowBurn' },
  },
  {
    sli: 'publish_errors',
    title: 'Publishes',
    budget: 0.001,
    says: 'Publishes that were refused or lost by no fault of the publisher; 99.9 % must be accepted.',
    action: 'Open Waybill / Log and database: commits, pool and circuit say what the database does.',
    least: 10,
    alerts: { page: 'WaybillPublishBudgetBurn', ticket: 'WaybillPublishBudgetSlowBurn' },
  },
  {
    sli: 'delivery_slow',
    title: 'Delivery latency',
    budget: 0.01,
    says: 'Messages whose last write came later than 250 ms after their acceptance; 99 % must be in time.',
    action: 'Open Waybill / Delivery, take the trace of a slow message, and see which span is long.',
    least: 10,
    alerts: { page: 'WaybillDeliveryLatencyBudgetBurn', ticket: 'WaybillDeliveryLatencyBudgetSlowBurn' },
  },
  {
    sli: 'delivery_lost',
    title: 'Delivery success',
    budget: 0.001,
    says: 'Deliveries that a failure of ours lost; 99.9 % must be written. What waited for clients that leave or do not read is not counted.',
    action: 'Open Waybill / Delivery, "Where deliveries end", and look for defects in the log; `waybill why` explains a single one.',
    least: 10,
    alerts: { page: 'WaybillDeliveryLossBudgetBurn', ticket: 'WaybillDeliveryLossBudgetSlowBurn' },
  },
  {
    sli: 'recovery_failed',
    title: 'Recovery',
    budget: 0.01,
    says: 'Subscriptions that came back and could not be given all they had missed; 99 % must recover. Topics in memory that began anew are left aside.',
    action:
      'Compare history_length and history_age_s of the namespaces with how long clients are away; then Waybill / Delivery, "Recoveries".',
    least: 10,
    alerts: { page: 'WaybillRecoveryBudgetBurn', ticket: 'WaybillRecoveryBudgetSlowBurn' },
  },
  {
    sli: 'canary_failed',
    title: 'Canary',
    budget: 0.001,
    says: 'Runs of the canary that did not come back; 99.9 % must. It is the objective that tells something when there is no traffic.',
    action: '`waybill canary` shows the hop that breaks; Waybill / Delivery, "Canary failures by hop", since when.',
    alerts: { page: 'WaybillCanaryBudgetBurn', ticket: 'WaybillCanaryBudgetSlowBurn' },
  },
];

/** How many times faster than allowed the budget is used in a window. */
export function burnRate({ sli, budget }: Objective, window: string): string {
  return `waybill:${sli}:ratio_rate${window} / ${budget}`;
}
