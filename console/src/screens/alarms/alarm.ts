/** One alarm of `ops/alarms`. Times are milliseconds since the epoch. */
export interface Alarm {
  /** The name of its alert in Prometheus' rules, where there is one. */
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  readonly since: number;
  /** Absent while it is active. */
  readonly until?: number | null;
  readonly summary: string;
  readonly detail?: string;
  readonly value?: number;
  readonly threshold?: number;
  readonly runbook?: string;
  readonly affects?: string;
}

export interface AlarmList {
  readonly as_of: number;
  readonly items: readonly Alarm[];
}

export function isActive({ until }: Alarm): boolean {
  return until === undefined || until === null;
}
