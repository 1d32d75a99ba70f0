import type { EventLoopReport } from '../protocol/ops/event-loop-answer.js';
import { table } from './table.js';

const MIB = 1_048_576;

/** The event-loop report for a person. */
export function loopLines(report: EventLoopReport): readonly string[] {
  const { delay_ms: delay, memory, cpu_ms: cpu, window_ms: window } = report;
  const gc = Object.entries(report.gc).map(([kind, { count, total_ms: total, max_ms: max }]) => [kind, String(count), ms(total), ms(max)]);
  const spaces = Object.entries(report.heap_spaces).filter(([, { used }]) => used > 0);
  return [
    `window      ${ms(window)}`,
    `delay       p50 ${ms(delay.p50)}, p90 ${ms(delay.p90)}, p99 ${ms(delay.p99)}, max ${ms(delay.max)}`,
    `busy        ${percent(report.utilization)} of the window; CPU ${percent((cpu.user + cpu.system) / window)} of one core, ${percent(cpu.system / window)} in the kernel`,
    `memory      resident ${mib(memory.rss)}; heap ${mib(memory.heap_used)} of at most ${mib(memory.heap_limit)}; outside of it ${mib(memory.external)}, buffers ${mib(memory.array_buffers)} of that`,
    '',
    ...(gc.length === 0 ? ['No garbage was collected.'] : table(['COLLECTION', 'TIMES', 'TOTAL', 'LONGEST'], gc)),
    '',
    ...table(
      ['OPEN', 'NUMBER'],
      Object.entries(report.active_resources).map(([type, count]) => [type, String(count)]),
    ),
    '',
    ...table(
      ['HEAP SPACE', 'USED', 'SIZE'],
      spaces.map(([name, { used, size }]) => [name, mib(used), mib(size)]),
    ),
  ];
}

function ms(value: number): string {
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ms`;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
