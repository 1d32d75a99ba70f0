import { Facts } from '../../ui/facts.tsx';
import { bytes, count, duration, percent } from '../../ui/format.ts';
import type { EventLoopReport } from './event-loop-report.ts';

/** What kept the event loop over a few seconds. */
export function LoopReport({ report }: { readonly report: EventLoopReport }) {
  const { window_ms: window, delay_ms: delay, utilization, cpu_ms: cpu, gc, active_resources: resources, memory } = report;
  const pauses = Object.entries(gc);
  return (
    <div data-testid="loop-report">
      <Facts
        of={[
          ['Watched for', duration(window)],
          ['Delay p50', duration(delay.p50)],
          ['Delay p99', duration(delay.p99)],
          ['Longest delay', duration(delay.max)],
          ['Busy', percent(utilization)],
          ['CPU', `${duration(cpu.user)} user, ${duration(cpu.system)} system`],
          [
            'Garbage collection',
            pauses.length === 0
              ? 'none'
              : pauses.map(([kind, { count: runs }]) => `${kind.replaceAll('_', ' ')} ${count(runs)}`).join(', '),
          ],
          ['Memory', `${bytes(memory.rss)}, heap ${bytes(memory.heap_used)}, outside it ${bytes(memory.external)}`],
          [
            'Open',
            Object.entries(resources)
              .map(([name, open]) => `${name} ${count(open)}`)
              .join(', '),
          ],
        ]}
      />
    </div>
  );
}
