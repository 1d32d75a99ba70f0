import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from '../../support/program.js';
import { CREDENTIALS } from './credentials.js';

const ANSWER_MS = 20_000;
const OUTPUT_CHARACTERS = 3_000;
const LOOK_MS = 100;

/** A connection as the operators' REST shows it; what the tests read of it. */
export interface SeenConnection {
  readonly user?: string;
  readonly state: string;
  readonly queued_bytes: number;
  readonly max_queued_bytes: number;
  readonly closed_at?: number;
  readonly close?: { readonly code: number; readonly initiator: string };
}

export interface SeenReadiness {
  /** Whether it wants connections. */
  readonly status: string;
  /** The worst of its parts. */
  readonly state: string;
  readonly parts: Readonly<Record<string, { readonly state: string; readonly detail?: string }>>;
}

/** A gateway as its operators see it: metrics, readiness, and the list of connections. */
export class Operator {
  constructor(private readonly node: Program) {}

  /** All series now, by name with labels as `/metrics` writes them. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const lines = (await this.text(`http://127.0.0.1:${this.node.opsPort}/metrics`)).split('\n');
    return new Map(
      lines
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const [series = '', value] = line.split(' # ')[0]?.split(/ (?=[^ ]*$)/) ?? [];
          return [series, Number(value)] as const;
        }),
    );
  }

  /** The sum of a metric's series whose labels hold each of the given texts, such as `reason="normal"`. */
  async sum(name: string, ...labels: readonly string[]): Promise<number> {
    return sumOf(await this.metrics(), name, ...labels);
  }

  async readiness(): Promise<SeenReadiness> {
    return JSON.parse(await this.text(`http://127.0.0.1:${this.node.opsPort}/readyz`)) as SeenReadiness;
  }

  /** Connections of a user, `open` or lately `closed`, newest first. */
  async connections(state: 'open' | 'closed', user: string): Promise<readonly SeenConnection[]> {
    const url = `http://127.0.0.1:${this.node.port}/api/v1/ops/connections?state=${state}&user=${user}`;
    const body = JSON.parse(await this.text(url)) as { readonly data: { readonly items: readonly SeenConnection[] } };
    return body.data.items;
  }

  /** Waits for a fact; rejects with `what` where it is none in time. */
  async until<Fact>(look: () => Promise<Fact | undefined>, timeoutMs: number, what: string, everyMs = LOOK_MS): Promise<Fact> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const fact = await look();
      if (fact !== undefined) return fact;
      if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}.\n${this.node.output.slice(-OUTPUT_CHARACTERS)}`);
      await delay(everyMs);
    }
  }

  private async text(url: string): Promise<string> {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${CREDENTIALS.WAYBILL_API_KEY}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return answer.text();
  }
}

export function sumOf(metrics: ReadonlyMap<string, number>, name: string, ...labels: readonly string[]): number {
  let sum = 0;
  for (const [series, value] of metrics) {
    const [own] = series.split('{');
    if (own === name && labels.every((label) => series.includes(label))) sum += value;
  }
  return sum;
}
