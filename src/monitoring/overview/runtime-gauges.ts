import { type ELDHistogram, type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** How often the loop is expected at a timer; an idle loop shows this, and it is taken off. */
const TIMER_MS = 20;
const NS_PER_MS = 1e6;
const US_PER_MS = 1_000;

export interface RuntimeReading {
  readonly loopDelayP99Ms: number;
  readonly loopUtilization: number;
  readonly cpuShare: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
}

/** The process since the last look: event loop, processor, memory. */
export class RuntimeGauges {
  private readonly delay: ELDHistogram = monitorEventLoopDelay({ resolution: TIMER_MS });
  private loop: EventLoopUtilization = performance.eventLoopUtilization();
  private cpu = process.cpuUsage();
  private at = performance.now();

  start(): void {
    this.delay.enable();
  }

  stop(): void {
    this.delay.disable();
  }

  look(): RuntimeReading {
    const now = performance.now();
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const reading = {
      loopDelayP99Ms: this.delay.count === 0 ? NaN : Math.max(0, this.delay.percentile(99) / NS_PER_MS - TIMER_MS),
      loopUtilization: performance.eventLoopUtilization(loop, this.loop).utilization,
      cpuShare: (cpu.user + cpu.system - this.cpu.user - this.cpu.system) / US_PER_MS / (now - this.at),
      rssBytes: process.memoryUsage.rss(),
      heapUsedBytes: getHeapStatistics().used_heap_size,
    };
    this.delay.reset();
    this.loop = loop;
    this.cpu = cpu;
    this.at = now;
    return reading;
  }
}
