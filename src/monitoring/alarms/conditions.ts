import type { HealthReport, PartReport } from '../health/health.js';
import type { LimitReport } from '../summary/limits.js';
import type { ObjectiveReport } from '../summary/objectives.js';
import type { AlarmName } from './alarm-rules.js';
import type { Condition, Found } from './condition.js';
import { loadConditions } from './load-conditions.js';

/** Share of a limit from which somebody should know. */
const NEAR = 0.9;

const NOBODY_NEW = 'new connections: they are refused, and clients go to other nodes; who is connected stays';
const ALERT_OF_PART: Readonly<Record<string, AlarmName>> = {
  'database down': 'WaybillDatabaseDown',
  'memory degraded': 'WaybillMemoryHigh',
  'canary down': 'WaybillCanaryFailing',
  'canary degraded': 'WaybillCanaryFailing',
};
const ALERT_OF_OBJECTIVE: Readonly<Record<string, AlarmName>> = {
  handshakes: 'WaybillHandshakeBudgetBurn',
  publishes: 'WaybillPublishBudgetBurn',
  delivery_latency: 'WaybillDeliveryLatencyBudgetBurn',
  delivery: 'WaybillDeliveryLossBudgetBurn',
  recovery: 'WaybillRecoveryBudgetBurn',
  canary: 'WaybillCanaryBudgetBurn',
};
const ALERT_OF_LIMIT: Readonly<Record<string, AlarmName>> = { descriptors: 'WaybillFileDescriptorsLow' };

/** Everything that is wrong, worst first: what the summary calls problems, and what alarms are made of. */
export function conditionsOf(found: Found): readonly Condition[] {
  const { health, difference, objectives, limits, load } = found;
  return [
    ...(health.status === 'ready' ? [] : [notReady(health.status)]),
    ...partsIn(health, 'down'),
    ...(difference === 0 ? [] : [imbalance(difference)]),
    ...partsIn(health, 'degraded'),
    ...objectives.filter(({ burning }) => burning).map(burnt),
    ...limits.filter(({ share }) => share >= NEAR).map(near),
    ...(load === undefined ? [] : loadConditions(load)),
  ];
}

function notReady(status: Exclude<HealthReport['status'], 'ready'>): Condition {
  const about = { atOnce: true, affects: NOBODY_NEW } as const;
  if (status === 'draining') return { name: 'draining', summary: 'this node takes nobody new: it is drained, or shutting down', ...about };
  const why = status === 'failing' ? 'this node is out of readiness: it cannot deliver to its own socket' : 'this node is starting';
  return { name: 'WaybillNotReady', summary: why, ...about, value: 0, threshold: 0 };
}

function partsIn({ parts }: HealthReport, state: 'down' | 'degraded'): readonly Condition[] {
  return Object.entries(parts).flatMap(([name, part]) => (part.state === state ? [partCondition(name, part)] : []));
}

function partCondition(name: string, { state, detail = 'no detail', affects }: PartReport): Condition {
  const summary = `${name} is ${state}: ${detail}`;
  return {
    name: ALERT_OF_PART[`${name} ${state}`] ?? `part.${name}`,
    summary,
    atOnce: true,
    ...(affects === undefined ? {} : { affects }),
  };
}

function imbalance(difference: number): Condition {
  return {
    name: 'WaybillDeliveryImbalance',
    summary: `deliveries do not balance: ${difference} are unaccounted for (ops/accounting says in which namespace)`,
    atOnce: true,
    affects: 'what is known of deliveries: messages may have been lost without anybody being told',
    value: difference,
    threshold: 0,
  };
}

function burnt({ name, objective, good_is: good, windows }: ObjectiveReport): Condition {
  const rates = windows.map(({ window, burn_rate: rate }) => `${rate} over ${window}`).join(', ');
  return {
    name: ALERT_OF_OBJECTIVE[name] ?? `objective.${name}`,
    summary: `the objective "${name}" (${objective * 100} % ${good}) burns its budget: ${rates}`,
    atOnce: true,
    affects: `what users are promised: ${good}`,
    value: windows.find(({ window }) => window === '1h')?.burn_rate ?? 0,
    threshold: 14.4,
  };
}

function near({ name, used, limit, unit, share, set_by: setBy }: LimitReport): Condition {
  return {
    name: ALERT_OF_LIMIT[name] ?? `limit.${name}`,
    summary: `${name}: ${Math.round(share * 100)} % used (${used} of ${limit} ${unit}; set by ${setBy})`,
    atOnce: true,
    value: share,
    threshold: NEAR,
  };
}
