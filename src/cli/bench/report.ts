import { table } from '../table.js';
import type { ReasonCounts } from './tally.js';

/** Names end in their unit; a figure that could not be had is left out. */
export type Figures = Readonly<Record<string, number | undefined>>;

export interface StageReport {
  readonly stage: string;
  readonly figures: Figures;
  /** Handshakes refused or failed, by reason. */
  readonly failures: ReasonCounts;
  /** Connections that ended unasked, by close code. */
  readonly closes: ReasonCounts;
}

export interface BenchReport {
  readonly scenario: string;
  readonly url: string;
  /** When it began, milliseconds since the epoch. */
  readonly started_at: number;
  readonly seconds: number;
  /** It was stopped before its end. */
  readonly interrupted: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly stages: readonly StageReport[];
  /** Whether the node's own metrics could be read, and why not. */
  readonly node: { readonly known: boolean; readonly problem?: string };
  /** What is worth knowing of the figures. */
  readonly notes: readonly string[];
  /** What was lost or unexpected; empty where all went well. */
  readonly problems: readonly string[];
}

/** The report for a person: figures as rows, stages as columns. */
export function reportLines(report: BenchReport): readonly string[] {
  const { stages } = report;
  const names = [...new Set(stages.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = names.map((name) => [name.replaceAll('_', ' '), ...stages.map(({ figures }) => shown(figures[name]))]);
  const heading = `${report.scenario} against ${report.url}, ${report.seconds.toFixed(1)} s${report.interrupted ? ', stopped early' : ''}`;
  return [
    heading,
    '',
    ...table(['', ...stages.map(({ stage }) => stage)], rows),
    ...reasonLines('Handshakes that failed', stages, 'failures'),
    ...reasonLines('Connections that ended', stages, 'closes'),
    ...(report.node.known ? [] : ['', `The node's side is unknown: ${report.node.problem ?? ''}.`]),
    ...(report.notes.length === 0 ? [] : ['', ...report.notes]),
    '',
    ...(report.problems.length === 0 ? ['Nothing was lost.'] : report.problems.map((problem) => `FAIL  ${problem}`)),
  ];
}

/** Rounded to what a reader can use; JSON keeps three places. */
export function rounded(figures: Figures): Figures {
  return Object.fromEntries(
    Object.entries(figures)
      .filter(([, value]) => value !== undefined && Number.isFinite(value))
      .map(([name, value]) => [name, Math.round((value as number) * 1_000) / 1_000]),
  );
}

function reasonLines(heading: string, stages: readonly StageReport[], where: 'failures' | 'closes'): readonly string[] {
  const lines = stages.flatMap(({ stage, [where]: reasons }) =>
    Object.entries(reasons).map(([reason, times]) => `  ${stage}: ${times} × ${reason}`),
  );
  return lines.length === 0 ? [] : ['', `${heading}:`, ...lines];
}

function shown(value: number | undefined): string {
  if (value === undefined) return '-';
  const places = Number.isInteger(value) || Math.abs(value) >= 1_000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { minimumFractionDigits: places, maximumFractionDigits: places });
}
