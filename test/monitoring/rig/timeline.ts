import { setTimeout as delay } from 'node:timers/promises';
import type { Monitored } from './monitored.js';

const LOOK_MS = 200;

/** What happens to one alert on its way to somebody and back, in the order it must happen. */
export const MOMENTS = ['pending', 'firing', 'in Alertmanager', 'told', 'inactive', 'resolved'] as const;
export type Moment = (typeof MOMENTS)[number];

/** When it happened, in milliseconds since the beginning of the fault. */
export interface Happening {
  readonly what: Moment | 'fault' | 'mended';
  readonly at: number;
  readonly detail?: string;
}

/** One fault that an alert has to tell of. */
export interface Incident {
  readonly title: string;
  readonly alert: string;
  /** Brings the fault about; resolves when it has. */
  begin(): Promise<void>;
  /** Ends it. */
  end(): Promise<void>;
}

/** Watches one alert through an incident. Rejects, with what happened so far, where a moment does not come in time. */
export class Timeline {
  readonly happenings: Happening[] = [];
  private readonly began = Date.now();

  constructor(
    private readonly monitored: Monitored,
    private readonly incident: Incident,
    /** Longest wait for one moment, in milliseconds. */
    private readonly patienceMs: number,
    private readonly print: (line: string) => void = () => undefined,
  ) {}

  async run(): Promise<readonly Happening[]> {
    await this.incident.begin();
    this.note('fault', this.incident.title);
    await this.reach('pending', async () => ((await this.state()) === 'inactive' ? undefined : ''));
    await this.reach('firing', async () => ((await this.state()) === 'firing' ? '' : undefined));
    await this.reach('in Alertmanager', async () => {
      const [held] = await this.monitored.alertmanager.alerts(this.incident.alert);
      return held === undefined ? undefined : held.status.state;
    });
    await this.reach('told', () => this.told('firing'));
    await this.incident.end();
    this.note('mended');
    await this.reach('inactive', async () => ((await this.state()) === 'inactive' ? '' : undefined));
    await this.reach('resolved', () => this.told('resolved'));
    return this.happenings;
  }

  private async state(): Promise<string | undefined> {
    const rule = (await this.monitored.prometheus.rules()).find(({ name }) => name === this.incident.alert);
    if (rule === undefined) throw new Error(`there is no alert ${this.incident.alert}`);
    return rule.state;
  }

  private told(status: 'firing' | 'resolved'): Promise<string | undefined> {
    const found = this.monitored.webhook.told(this.incident.alert, status, this.began);
    return Promise.resolve(found === undefined ? undefined : `${found.receiver}: ${found.alert.annotations['summary'] ?? ''}`);
  }

  private async reach(what: Moment, look: () => Promise<string | undefined>): Promise<void> {
    const deadline = Date.now() + this.patienceMs;
    for (;;) {
      const detail = await look();
      if (detail !== undefined) return this.note(what, detail);
      if (Date.now() > deadline) {
        const soFar = this.happenings.map(lineOf).join('\n');
        throw new Error(`${this.incident.alert} was not ${what} within ${this.patienceMs} ms:\n${soFar}`);
      }
      await delay(LOOK_MS);
    }
  }

  private note(what: Happening['what'], detail?: string): void {
    const at = Date.now() - this.began;
    const happening = { what, at, ...(detail === undefined || detail === '' ? {} : { detail }) };
    this.happenings.push(happening);
    this.print(`${this.incident.alert}  ${lineOf(happening)}`);
  }
}

/** One line of a timeline: seconds, what, and the words that were told. */
export function lineOf({ what, at, detail }: Happening): string {
  return `${(at / 1_000).toFixed(1).padStart(6)} s  ${what.padEnd(15)}  ${detail ?? ''}`.trimEnd();
}
