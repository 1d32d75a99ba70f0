import { constants, monitorEventLoopDelay, performance, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { EventLoopReport, GcPauses } from '../../protocol/ops/event-loop-answer.js';

/** The watcher is a timer: an idle loop shows its interval, which is taken off. */
const TIMER_MS = 1;
const NS_PER_MS = 1e6;

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak_callbacks'],
]);

/** Watches the event loop for a time, or until the signal aborts. */
export async function eventLoopReport(milliseconds: number, signal: AbortSignal): Promise<EventLoopReport> {
  const histogram = monitorEventLoopDelay({ resolution: TIMER_MS });
  const pauses: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => void pauses.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  const before = performance.eventLoopUtilization();
  histogram.enable();
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
  histogram.disable();
  observer.disconnect();
  const { utilization } = performance.eventLoopUtilization(before);
  const cpu = process.cpuUsage(cpuBefore);
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const late = (nanoseconds: number): number => rounded(Math.max(0, nanoseconds / NS_PER_MS - TIMER_MS));
  return {
    window_ms: rounded(performance.now() - began),
    delay_ms: {
      p50: late(histogram.percentile(50)),
      p90: late(histogram.percentile(90)),
      p99: late(histogram.percentile(99)),
      max: late(histogram.max),
    },
    utilization: rounded(utilization),
    cpu_ms: { user: cpu.user / 1_000, system: cpu.system / 1_000 },
    gc: pausesByKind(pauses),
    active_resources: countsOf(process.getActiveResourcesInfo()),
    memory: { rss, heap_used: heapUsed, heap_limit: getHeapStatistics().heap_size_limit, external, array_buffers: arrayBuffers },
    heap_spaces: Object.fromEntries(
      getHeapSpaceStatistics().map(({ space_name: name, space_used_size: used, space_size: size }) => [
        name.replace(/_space$/, ''),
        { used, size },
      ]),
    ),
  };
}

function pausesByKind(pauses: readonly PerformanceEntry[]): Readonly<Record<string, GcPauses>> {
  const kinds = Map.groupBy(pauses, (entry) => GC_KINDS.get(kindOf(entry)) ?? 'other');
  return Object.fromEntries(
    [...kinds].map(([kind, entries]) => [
      kind,
      {
        count: entries.length,
        total_ms: rounded(entries.reduce((sum, { duration }) => sum + duration, 0)),
        max_ms: rounded(Math.max(...entries.map(({ duration }) => duration))),
      },
    ]),
  );
}

/** The types of Node leave the detail of an entry out. */
function kindOf(entry: PerformanceEntry): number {
  return (entry as PerformanceEntry & { readonly detail?: { readonly kind?: number } }).detail?.kind ?? -1;
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, { length }]) => [name, length] as const).toSorted((a, b) => b[1] - a[1]),
  );
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
