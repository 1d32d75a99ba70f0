import { type BoardRow, series } from '../board.ts';

const HOST = 'job="node",instance=~"$host"';
const host = (metric: string, ...matchers: readonly string[]): string => `${metric}{${[HOST, ...matchers].join(',')}}`;
const hostRate = (metric: string, ...matchers: readonly string[]): string => `rate(${host(metric, ...matchers)}[$__rate_interval])`;
const REAL_DEVICE = 'device!~"lo|veth.*|docker.*|br-.*"';
const REAL_DISK = 'fstype!~"tmpfs|overlay|squashfs|ramfs"';

/** The machine below the processes, as node_exporter (job `node`) sees it. */
export const HOST_ROW: BoardRow = {
  title: 'Host',
  panels: [
    series({
      title: 'Host: CPU busy',
      says: 'Share of all cores that is not idle, and what is stolen by other guests of the machine.',
      action: 'Busy by others than the gateway: move them. Stolen: the provider gives less than it says; another machine.',
      unit: 'percentunit',
      max: 1,
      w: 8,
      queries: [
        { expr: `1 - avg by (instance) (${hostRate('node_cpu_seconds_total', 'mode="idle"')})`, legend: '{{instance}} busy' },
        { expr: `avg by (instance) (${hostRate('node_cpu_seconds_total', 'mode="steal"')})`, legend: '{{instance}} stolen' },
      ],
    }),
    series({
      title: 'Host: load for each core',
      says: 'Processes that run or wait to run, for each core.',
      action: 'Above 1 for minutes they wait for each other: fewer of them on this host, or more cores.',
      unit: 'none',
      w: 8,
      queries: [
        {
          expr: `${host('node_load1')} / on (instance) count by (instance) (${host('node_cpu_seconds_total', 'mode="idle"')})`,
          legend: '{{instance}}',
        },
      ],
    }),
    series({
      title: 'Host: memory available',
      says: 'Share of the memory that new processes could have without swapping.',
      action:
        'Below some percent the kernel ends a process, often the gateway: find who takes it, lower WAYBILL_NODE_QUEUE_BYTES, or give more.',
      unit: 'percentunit',
      max: 1,
      w: 8,
      queries: [{ expr: `${host('node_memory_MemAvailable_bytes')} / ${host('node_memory_MemTotal_bytes')}`, legend: '{{instance}}' }],
    }),
    series({
      title: 'Host: network',
      says: 'Bytes received and sent by the network cards.',
      action: 'A flat top is the limit of the card or of the provider’s plan: more hosts, compression, or smaller payloads.',
      unit: 'Bps',
      w: 8,
      queries: [
        { expr: `sum by (instance) (${hostRate('node_network_receive_bytes_total', REAL_DEVICE)})`, legend: '{{instance}} received' },
        { expr: `sum by (instance) (${hostRate('node_network_transmit_bytes_total', REAL_DEVICE)})`, legend: '{{instance}} sent' },
      ],
    }),
    series({
      title: 'Host: TCP',
      says: 'Sockets in use, such as wait for their end, and segments that were sent again in a second.',
      action:
        'Repeats that rise are a bad network: expect slow consumers. Many waiting sockets are clients that connect for every message.',
      unit: 'short',
      w: 8,
      queries: [
        { expr: host('node_sockstat_TCP_inuse'), legend: '{{instance}} in use' },
        { expr: host('node_sockstat_TCP_tw'), legend: '{{instance}} waiting' },
        { expr: hostRate('node_netstat_Tcp_RetransSegs'), legend: '{{instance}} sent again' },
      ],
    }),
    series({
      title: 'Host: connections that were not accepted',
      says: 'Connections that the kernel threw away because the queue of a listening port was full.',
      action: 'Any at all: raise WAYBILL_BACKLOG and net.core.somaxconn; the event loop does not accept fast enough.',
      unit: 'cps',
      w: 8,
      queries: [{ expr: hostRate('node_netstat_TcpExt_ListenOverflows'), legend: '{{instance}}' }],
    }),
    series({
      title: 'Host: disk space left',
      says: 'Share of each file system that is free to ordinary users.',
      action: 'The embedded database and the log of the host grow: make room before 10 %, a full disk stops every durable publish.',
      unit: 'percentunit',
      max: 1,
      w: 12,
      queries: [
        {
          expr: `min by (instance, mountpoint) (${host('node_filesystem_avail_bytes', REAL_DISK)} / ${host('node_filesystem_size_bytes', REAL_DISK)})`,
          legend: '{{instance}} {{mountpoint}}',
        },
      ],
    }),
    series({
      title: 'Host: disk busy',
      says: 'Share of the time that each disk had something to do.',
      action: 'Near 100 % where the database writes: commits become slow, then publishes. Give it a faster disk, or one of its own.',
      unit: 'percentunit',
      w: 12,
      queries: [{ expr: hostRate('node_disk_io_time_seconds_total'), legend: '{{instance}} {{device}}' }],
    }),
  ],
};
