import { NoopTelemetry } from './noop-telemetry.js';
import { type Observation, Telemetry, UNTRACED } from './telemetry.js';

/** One call of the port, as tests see it. */
export interface RecordedEvent {
  readonly event: string;
  readonly arguments: readonly unknown[];
}

type Method = keyof Telemetry;

const OBSERVED: ReadonlySet<string> = new Set<Method>(['handshake', 'command', 'request', 'publish', 'append', 'busSend', 'deliver']);

/** Keeps every call, in order; the ends of observations appear as `publish.end`, `deliver.delivered` … */
export class RecordingTelemetry extends NoopTelemetry {
  readonly events: RecordedEvent[] = [];

  constructor() {
    super();
    for (const method of Object.keys(this) as (Method | 'events')[]) {
      if (method === 'events') continue;
      const record = (...parameters: readonly unknown[]): unknown => {
        this.events.push({ event: method, arguments: parameters });
        return OBSERVED.has(method) ? this.observation(method) : undefined;
      };
      Object.assign(this, { [method]: record });
    }
  }

  /** Arguments of every call of one method. */
  of(event: string): readonly (readonly unknown[])[] {
    return this.events.filter((recorded) => recorded.event === event).map((recorded) => recorded.arguments);
  }

  private observation(method: string): Observation {
    const record =
      (name: string) =>
      (...parameters: readonly unknown[]): void => {
        this.events.push({ event: `${method}.${name}`, arguments: parameters });
      };
    return {
      ...UNTRACED,
      end: record('end'),
      opened: record('opened'),
      authenticated: record('authenticated'),
      respond: record('respond'),
      stored: record('stored'),
      delivered: record('delivered'),
    } as Observation;
  }
}
