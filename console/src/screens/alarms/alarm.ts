/** One alarm of `ops/alarms`. Times are milliseconds since the epoch. */
export interface Alarm {
  /** The name of its alert in Prometheus' rules, where there is one. */
  readonly name: string;
  readonly state: 'active' | 'ended';
  /** `page`: somebody is woken; `ticket`: it waits until morning. */
  readonly severity: 'page' | 'ticket';
  readonly since: number;
  readonly until?: number;
  readonly summary: string;
  readonly value?: number;
  readonly threshold?: number;
  readonly affects?: string;
  readonly runbook?: string;
}

export interface AlarmList {
  readonly as_of: number;
  readonly node: string;
  readonly items: readonly Alarm[];
  /** Alerts that this node cannot judge by itself, and why. */
  readonly only_by_prometheus: Readonly<Record<string, string>>;
}

const FEW = 4;

/** A value beside its threshold, with as many figures as say something. */
export function against({ value, threshold }: Alarm): string | undefined {
  if (value === undefined) return undefined;
  return threshold === undefined ? figure(value) : `${figure(value)} of ${figure(threshold)}`;
}

function figure(value: number): string {
  return Number(value.toPrecision(FEW)).toLocaleString('en-GB', { maximumFractionDigits: FEW });
}
