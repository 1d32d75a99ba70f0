import { describe, expect, it } from 'vitest';
import { openFilesIn } from '../open-files.js';
import { nodeSampleOf } from './node-sample.js';
import { endpointOf, requireDescriptors, sourceAddresses } from './target.js';

describe('the target of a load', () => {
  it.each([
    ['http://127.0.0.1:8080', { host: '127.0.0.1', port: 8080, tls: false, path: '/ws' }],
    ['https://push.example.com', { host: 'push.example.com', port: 443, tls: true, path: '/ws' }],
    ['http://[::1]:81/push/', { host: '::1', port: 81, tls: false, path: '/push/ws' }],
  ])('%s is %o', (url, endpoint) => {
    expect(endpointOf(url)).toEqual(endpoint);
  });

  it('is reached from several addresses of loopback, and of no other net', () => {
    const loopback = endpointOf('http://127.0.0.1:8080');
    expect(sourceAddresses(loopback, 10)).toEqual(['127.0.0.1']);
    expect(sourceAddresses(loopback, 10_000)).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(sourceAddresses(endpointOf('http://10.0.0.1:8080'), 10_000)).toEqual([]);
  });

  it('needs open files, and says how many', () => {
    expect(() => requireDescriptors(10_000, 1, 20_000)).not.toThrow();
    expect(() => requireDescriptors(10_000, 1, undefined)).not.toThrow();
    expect(() => requireDescriptors(10_000, 1, 1_024)).toThrow(/ulimit -n 10200 .*--processes 13/);
  });
});

describe('openFilesIn', () => {
  it.each([
    ['Max open files            1024                 524288               files', { soft: 1_024, hard: 524_288 }],
    ['Max open files            unlimited            unlimited            files', { soft: undefined, hard: undefined }],
    ['Max processes             1                    1', undefined],
  ])('reads "%s"', (text, limit) => {
    expect(openFilesIn(`Limit\n${text}\n`)).toEqual(limit);
  });
});

describe('nodeSampleOf', () => {
  it('adds up series, and takes the timer off the delay of the event loop', () => {
    const text = [
      'waybill_connections{transport="websocket"} 3',
      'nodejs_gc_duration_seconds_sum{kind="major"} 0.5',
      'nodejs_gc_duration_seconds_sum{kind="minor"} 0.25',
      'nodejs_eventloop_lag_p99_seconds 0.035',
      'nodejs_eventloop_lag_max_seconds 0.009',
      'process_cpu_seconds_total 7',
    ].join('\n');
    const sample = nodeSampleOf(text, 5);
    expect(sample).toMatchObject({ at: 5, cpuSeconds: 7, gcSeconds: 0.75, loopMaxMs: 0 });
    expect(sample?.loopP99Ms).toBeCloseTo(25);
  });

  it('is nothing where another program answers', () => {
    expect(nodeSampleOf('process_cpu_seconds_total 7', 5)).toBeUndefined();
  });
});
