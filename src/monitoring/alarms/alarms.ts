import { ALARM_RULES, type AlarmName, runbookNameOf, SHARED_RUNBOOKS } from './alarm-rules.js';
import type { Condition, Found } from './condition.js';
import { conditionsOf } from './conditions.js';

const LOOK_EVERY_MS = 5_000;
/** Alarms that ended and are remembered. */
const KEPT = 200;
/** What was gone for a moment only is still the same alarm. */
const HOLD_MS = 30_000;
/** Of what no rule of Prometheus speaks. */
const UNRULED = { severity: 'ticket', forMs: 60_000 } as const;

/** Names are those of the REST answer; times are milliseconds since the epoch. */
export interface AlarmView {
  readonly name: string;
  readonly state: 'active' | 'ended';
  readonly severity: 'page' | 'ticket';
  /** Since when it is so; it was called an alarm once it had been so for a while. */
  readonly since: number;
  readonly until?: number;
  readonly summary: string;
  readonly value?: number;
  readonly threshold?: number;
  readonly affects?: string;
  /** For `GET ops/runbooks/{name}`. */
  readonly runbook?: string;
}

interface Watched {
  condition: Condition;
  readonly since: number;
  seenAt: number;
  isAlarm: boolean;
}

/** What has been wrong with this node for too long, without any other program: looked at every few seconds, and remembered when it has ended. */
export class Alarms {
  private readonly watched = new Map<string, Watched>();
  private readonly ended: AlarmView[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly find: () => Found,
    private readonly onChange: (alarm: AlarmView) => void = () => undefined,
    private readonly now: () => number = () => Date.now(),
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  look(): void {
    const now = this.now();
    for (const condition of conditionsOf(this.find())) this.see(condition, now);
    for (const [name, watched] of this.watched) {
      if (watched.seenAt === now) continue;
      // What was never an alarm begins anew; an alarm is held for a moment.
      if (watched.isAlarm && now - watched.seenAt < HOLD_MS) continue;
      this.watched.delete(name);
      if (watched.isAlarm) this.end(name, watched);
    }
  }

  /** Those that page before those that do not, each the newest first. */
  active(): readonly AlarmView[] {
    return [...this.watched]
      .filter(([, { isAlarm }]) => isAlarm)
      .map(([name, watched]) => viewOf(name, watched))
      .toSorted((left, right) => Number(right.severity === 'page') - Number(left.severity === 'page') || right.since - left.since);
  }

  /** Whether there is an alarm of this name. */
  has(name: string): boolean {
    return this.watched.get(name)?.isAlarm === true;
  }

  /** The last to end first. */
  history(): readonly AlarmView[] {
    return this.ended;
  }

  private see(condition: Condition, now: number): void {
    const { name } = condition;
    const watched = this.watched.get(name) ?? { condition, since: now, seenAt: Number.NEGATIVE_INFINITY, isAlarm: false };
    // Of two that have one name, the worse comes first.
    if (watched.seenAt === now) return;
    this.watched.set(name, watched);
    watched.condition = condition;
    watched.seenAt = now;
    if (watched.isAlarm || now - watched.since < ruleOf(name).forMs) return;
    watched.isAlarm = true;
    this.onChange(viewOf(name, watched));
  }

  private end(name: string, watched: Watched): void {
    const alarm: AlarmView = { ...viewOf(name, watched), state: 'ended', until: watched.seenAt };
    this.ended.unshift(alarm);
    this.ended.length = Math.min(this.ended.length, KEPT);
    this.onChange(alarm);
  }
}

function ruleOf(name: string): { readonly severity: 'page' | 'ticket'; readonly forMs: number } {
  return Object.hasOwn(ALARM_RULES, name) ? ALARM_RULES[name as AlarmName] : UNRULED;
}

function hasRunbook(name: string): boolean {
  return Object.hasOwn(ALARM_RULES, name) || Object.keys(SHARED_RUNBOOKS).some((beginning) => name.startsWith(beginning));
}

function viewOf(name: string, { condition, since }: Watched): AlarmView {
  const { summary, value, threshold, affects } = condition;
  return {
    name,
    state: 'active',
    severity: ruleOf(name).severity,
    since,
    summary,
    ...(value === undefined ? {} : { value }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(affects === undefined ? {} : { affects }),
    ...(hasRunbook(name) ? { runbook: runbookNameOf(name) } : {}),
  };
}
