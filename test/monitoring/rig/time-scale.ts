import { parse, stringify } from 'yaml';

const UNITS = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 } as const;
const DURATION = /^(?:\d+(?:ms|[smhdwy]))+$/;
/** A range needs some scrapes, one a second, to say anything. */
const LEAST_RANGE_S = 5;
const LEAST_FOR_S = 1;

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly [field: string]: unknown;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[]; readonly [field: string]: unknown }[];
}

/** Seconds of a duration as Prometheus writes it, such as `1h30m`. */
export function secondsOf(duration: string): number {
  if (!DURATION.test(duration)) throw new Error(`not a duration: ${duration}`);
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * UNITS[unit as keyof typeof UNITS],
    0,
  );
}

/** Rules whose times are divided, so that a test need not wait for hours. */
export class TimeScale {
  /** Sentences: what was changed. */
  readonly changes: string[] = [];

  /**
   * @param factor what times are divided by; 1 leaves them as they are.
   * @param keepsIntervals whether groups are evaluated as often as they say; else as often as the server says.
   */
  constructor(
    readonly factor: number,
    private readonly keepsIntervals = false,
  ) {}

  /** A file of rules. */
  ruleFile(text: string): string {
    const { groups } = parse(text) as RuleFile;
    return stringify({
      groups: groups.map(({ interval, ...group }) => ({
        ...group,
        ...(this.keepsIntervals && interval !== undefined ? { interval } : {}),
        rules: group.rules.map((rule) => this.rule(rule)),
      })),
    });
  }

  /** A time that has a name of its own. */
  told(name: string, duration: string): string {
    const scaled = this.duration(duration);
    if (scaled !== duration) this.changes.push(`${name} ${duration} -> ${scaled}`);
    return scaled;
  }

  private duration(duration: string, least = LEAST_FOR_S): string {
    return this.factor === 1 ? duration : `${Math.max(least, Math.round(secondsOf(duration) / this.factor))}s`;
  }

  private rule(rule: Rule): Rule {
    const { for: held, keep_firing_for: kept } = rule;
    const scaled = {
      ...rule,
      expr: this.expression(rule.expr),
      ...(held === undefined ? {} : { for: this.duration(held) }),
      ...(kept === undefined ? {} : { keep_firing_for: this.duration(kept) }),
    };
    if (rule.alert !== undefined) this.tell(rule.alert, rule, scaled);
    return scaled;
  }

  private expression(expression: string): string {
    return expression
      .replace(
        /\[([^\]]+)\]/g,
        (_range, inner: string) =>
          `[${inner
            .split(':')
            .map((part) => this.range(part))
            .join(':')}]`,
      )
      .replace(/\boffset (\w+)/g, (_offset, duration: string) => `offset ${this.range(duration)}`);
  }

  private range(duration: string): string {
    return duration === '' ? '' : this.duration(duration, LEAST_RANGE_S);
  }

  private tell(name: string, before: Rule, after: Rule): void {
    const told = (['for', 'keep_firing_for'] as const)
      .filter((field) => before[field] !== after[field])
      .map((field) => `${field} ${String(before[field])} -> ${String(after[field])}`);
    const ranges = (rule: Rule): string => [...rule.expr.matchAll(/\[([^\]]+)\]/g)].map(([range]) => range).join(' ');
    if (ranges(before) !== ranges(after)) told.push(`${ranges(before)} -> ${ranges(after)}`);
    if (told.length > 0) this.changes.push(`${name}: ${told.join(', ')}`);
  }
}
