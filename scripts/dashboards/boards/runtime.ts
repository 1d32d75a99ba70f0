import { type Board, series, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { max, mean, own, quantile, rate, share, sum } from '../query.ts';
import { HOST_ROW } from './host-row.ts';

const BUSY = `${sum(rate('nodejs_eventloop_utilization_histogram_sum'), 'instance')} / ${sum(rate('nodejs_eventloop_utilization_histogram_count'), 'instance')}`;
const HEAP_AFTER = sum(own('nodejs_heap_size_used_bytes'), 'instance');

export const RUNTIME: Board = {
  name: 'waybill-runtime',
  title: 'Node runtime',
  description: 'Has the process room: its one thread, its memory, its descriptors, and the host below it.',
  hosts: true,
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Event loop busy',
          says: 'Share of the time that the one thread of the worst node was busy. All of the gateway’s work is done on it.',
          action: 'Above 90 % latency rises without end: move connections to other nodes; `waybill diagnose` shows what takes the time.',
          unit: 'percentunit',
          w: 4,
          queries: [{ expr: `max(${BUSY})`, legend: 'busy' }],
        }),
        tile({
          title: 'Loop delay p99',
          says: 'How late timers come, 99 of 100, on the worst node. About 10 ms is the measure itself.',
          action: 'High while "busy" is low: single long pieces of work. `waybill diagnose` during such a time names the function.',
          unit: 's',
          w: 4,
          limit: LIMITS.eventLoop,
          queries: [{ expr: `max(${own('nodejs_eventloop_lag_p99_seconds')})`, legend: 'p99' }],
        }),
        tile({
          title: 'Heap',
          says: 'Whether more than 90 % of the heap that Node allows is in use, on the worst node.',
          action:
            'Near the limit collection takes over, then the process ends: drain the node; raise --max-old-space-size if the host has memory.',
          unit: 'none',
          w: 4,
          limit: LIMITS.memory,
          words: { '0': 'ok', '1': 'nearly full', '2': 'full' },
          queries: [{ expr: `max(${own('waybill_health_state', 'part="memory"')})`, legend: 'memory' }],
        }),
        tile({
          title: 'CPU',
          says: 'Cores that the process of the worst node uses; the event loop is one of them, collection and compression take more.',
          action: 'More than 1 for long: much compression or collection. See "CPU" and "Garbage collection" below.',
          unit: 'none',
          decimals: 2,
          w: 4,
          queries: [{ expr: `max(${rate('process_cpu_seconds_total')})`, legend: 'cores' }],
        }),
        tile({
          title: 'Descriptors',
          says: 'File descriptors in use, of those that the process may open, on the worst node. Each connection takes one.',
          action:
            'Raise LimitNOFILE or `ulimit -n` and restart in a quiet hour; until then WAYBILL_MAX_CONNECTIONS keeps room for the rest.',
          unit: 'percentunit',
          w: 4,
          limit: LIMITS.descriptors,
          queries: [{ expr: `max(${own('process_open_fds')} / ${own('process_max_fds')})`, legend: 'open' }],
        }),
        tile({
          title: 'Youngest process',
          says: 'Time since the node that was started last was started.',
          action: 'Short and nobody deployed: it ended by itself. The last lines of its log, or the kernel’s (out of memory), say why.',
          unit: 's',
          w: 4,
          queries: [{ expr: `time() - max(${own('process_start_time_seconds')})`, legend: 'age' }],
        }),
        series({
          title: 'Event loop busy by node',
          says: 'Share of the time that the thread was busy; what is left is room for growth.',
          action: 'Plan another node from 70 %. A step upwards without more traffic is something new in the code: `waybill diagnose`.',
          unit: 'percentunit',
          max: 1,
          queries: [{ expr: BUSY, legend: '{{instance}}' }],
        }),
        series({
          title: 'Event loop delay',
          says: 'How late timers come: mean, p99 and the longest since the last scrape, on the worst node.',
          action: 'A lonely peak of the longest is one long piece of work: a heap snapshot, a very large message, a fan-out to very many.',
          unit: 's',
          limit: LIMITS.eventLoop,
          queries: [
            { expr: `max(${own('nodejs_eventloop_lag_mean_seconds')})`, legend: 'mean' },
            { expr: `max(${own('nodejs_eventloop_lag_p99_seconds')})`, legend: 'p99' },
            { expr: `max(${own('nodejs_eventloop_lag_max_seconds')})`, legend: 'longest' },
          ],
        }),
        series({
          title: 'Memory of the process',
          says: 'Resident memory of each node, with everything: heap, buffers that wait for slow sockets, the code itself.',
          action:
            'Growing with "Bytes that wait" in Waybill / Slow consumers: slow clients. Growing without traffic: a leak; `waybill diagnose` takes a heap snapshot.',
          unit: 'bytes',
          queries: [{ expr: max(own('process_resident_memory_bytes'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'CPU',
          says: 'Cores that each process uses, by its own code (user) and by the kernel for it (system).',
          action:
            'System near user: many small writes; WAYBILL_FLUSH_DELAY_MS or larger messages help. User alone: the event loop, see above.',
          unit: 'none',
          stacked: true,
          queries: [
            { expr: sum(rate('process_cpu_user_seconds_total'), 'instance'), legend: '{{instance}} user' },
            { expr: sum(rate('process_cpu_system_seconds_total'), 'instance'), legend: '{{instance}} system' },
          ],
        }),
      ],
    },
    {
      title: 'Heap and garbage collection',
      panels: [
        series({
          title: 'Heap',
          says: 'Heap in use and heap taken from the system, by node.',
          action:
            'A saw-tooth is healthy. If its lower points rise for hours something is kept: compare two heap snapshots (`waybill diagnose`).',
          unit: 'bytes',
          queries: [
            { expr: HEAP_AFTER, legend: '{{instance}} used' },
            { expr: sum(own('nodejs_heap_size_total_bytes'), 'instance'), legend: '{{instance}} taken' },
          ],
        }),
        series({
          title: 'Memory outside the heap',
          says: 'Buffers and other memory of native code: frames that wait for sockets are here.',
          action: 'Compare with "Bytes that wait" in Waybill / Slow consumers; the rest is compression and database drivers.',
          unit: 'bytes',
          queries: [{ expr: sum(own('nodejs_external_memory_bytes'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Heap by space',
          says: 'Heap in use by the spaces of V8, over the chosen nodes.',
          action: 'old_space that grows is what is kept; large_object_space are single large messages or buffers of strings.',
          unit: 'bytes',
          stacked: true,
          queries: [{ expr: sum(own('nodejs_heap_space_size_used_bytes'), 'space'), legend: '{{space}}' }],
        }),
        series({
          title: 'Garbage collection',
          says: 'Share of the time spent in pauses of collection, by kind, on average over the chosen nodes.',
          action: 'major above a few percent: the heap is nearly full or much is thrown away; see "Heap".',
          unit: 'percentunit',
          queries: [{ expr: `avg by (kind) (${rate('nodejs_gc_duration_seconds_sum')})`, legend: '{{kind}}' }],
        }),
        series({
          title: 'Length of collections',
          says: 'p99 and mean of single pauses; the event loop stands still meanwhile.',
          action: 'p99 of 100 ms and more is felt by clients: a smaller heap on more nodes collects faster.',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'nodejs_gc_duration_seconds'), legend: 'p99' },
            { expr: mean('nodejs_gc_duration_seconds'), legend: 'mean' },
          ],
        }),
        series({
          title: 'Descriptors and what keeps the process alive',
          says: 'Open file descriptors, and active resources of Node by type.',
          action: 'Descriptors that grow without connections are a leak: the type that grows with them names it.',
          unit: 'short',
          table: true,
          queries: [
            { expr: sum(own('process_open_fds')), legend: 'descriptors' },
            { expr: sum(own('nodejs_active_resources'), 'type'), legend: '{{type}}' },
          ],
        }),
        series({
          title: 'Intervals of a busy loop',
          says: 'Share of tenths of a second in which the thread was busy for more than 90 %.',
          action: 'High while the mean is low: the load comes in bursts. Spread what sends them, or accept the latency of the burst.',
          unit: 'percentunit',
          max: 1,
          w: 24,
          h: 6,
          queries: [
            {
              expr: `1 - ${share(
                sum(rate('nodejs_eventloop_utilization_histogram_bucket', 'le="0.9"'), 'instance'),
                sum(rate('nodejs_eventloop_utilization_histogram_count'), 'instance'),
              )}`,
              legend: '{{instance}}',
            },
          ],
        }),
      ],
    },
    HOST_ROW,
  ],
};
