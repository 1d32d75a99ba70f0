import type { HealthReport } from '../health/health.js';
import type { LimitReport } from './limits.js';
import type { ObjectiveReport } from './objectives.js';

/** Share of a limit from which somebody should know. */
const NEAR = 0.9;

/** What is wrong, worst first, in sentences for somebody who was woken by it. */
export function problemsOf(found: {
  readonly health: HealthReport;
  readonly difference: number;
  readonly objectives: readonly ObjectiveReport[];
  readonly limits: readonly LimitReport[];
}): readonly string[] {
  const { health, difference, objectives, limits } = found;
  return [
    ...(health.status === 'ready' ? [] : [notReady(health.status)]),
    ...partsIn(health, 'down'),
    ...(difference === 0 ? [] : [`deliveries do not balance: ${difference} are unaccounted for (ops/accounting says in which namespace)`]),
    ...partsIn(health, 'degraded'),
    ...objectives.filter(({ burning }) => burning).map(burnt),
    ...limits.filter(({ share }) => share >= NEAR).map(near),
  ];
}

function notReady(status: HealthReport['status']): string {
  if (status === 'failing') return 'this node is out of readiness: it cannot deliver to its own socket';
  return status === 'draining' ? 'this node is shutting down: it takes nobody new' : 'this node is starting';
}

function partsIn({ parts }: HealthReport, state: 'down' | 'degraded'): readonly string[] {
  return Object.entries(parts).flatMap(([name, part]) =>
    part.state === state ? [`${name} is ${state}: ${part.detail ?? 'no detail'}`] : [],
  );
}

function burnt({ name, objective, good_is: good, windows }: ObjectiveReport): string {
  const rates = windows.map(({ window, burn_rate: rate }) => `${rate} over ${window}`).join(', ');
  return `the objective "${name}" (${objective * 100} % ${good}) burns its budget: ${rates}`;
}

function near({ name, used, limit, unit, share, set_by: setBy }: LimitReport): string {
  return `${name}: ${Math.round(share * 100)} % used (${used} of ${limit} ${unit}; set by ${setBy})`;
}
