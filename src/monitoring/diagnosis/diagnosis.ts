import type { OnModuleDestroy } from '@nestjs/common';
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8';
import type { EventLoopReport } from '../../protocol/ops/event-loop-answer.js';
import { writeCpuProfile } from './cpu-profile.js';
import { DiagnosisFiles } from './diagnosis-files.js';
import { eventLoopReport } from './event-loop-report.js';
import { OneAtATime } from './one-at-a-time.js';

/** A profile of a busy node: about this much for each second. */
const PROFILE_BYTES_PER_SECOND = 1_048_576;

export interface DiagnosisFile {
  readonly path: string;
  /** How long the event loop stood still for it. */
  readonly stoppedMs: number;
}

/** Looks into this process while it works. One at a time; a shutdown ends what is under way early. */
export class Diagnosis implements OnModuleDestroy {
  private readonly files: DiagnosisFiles;
  private readonly turn = new OneAtATime();
  private readonly stopping = new AbortController();

  constructor(dataDir: string) {
    this.files = new DiagnosisFiles(dataDir);
  }

  async cpuProfile(seconds: number): Promise<DiagnosisFile> {
    return this.turn.run('a CPU profile', async () => {
      const path = await this.files.next('cpu', 'cpuprofile', seconds * PROFILE_BYTES_PER_SECOND);
      await writeCpuProfile(path, seconds * 1_000, this.stopping.signal);
      return { path, stoppedMs: 0 };
    });
  }

  /** Nothing else happens in this process meanwhile, and it takes about as much memory again as the heap has. */
  async heapSnapshot(): Promise<DiagnosisFile> {
    return this.turn.run('a heap snapshot', async () => {
      const path = await this.files.next('heap', 'heapsnapshot', 2 * getHeapStatistics().used_heap_size);
      const began = performance.now();
      writeHeapSnapshot(path);
      const stoppedMs = performance.now() - began;
      await this.files.protect(path);
      return { path, stoppedMs };
    });
  }

  async eventLoop(seconds: number): Promise<EventLoopReport> {
    return this.turn.run('an event-loop report', () => eventLoopReport(seconds * 1_000, this.stopping.signal));
  }

  onModuleDestroy(): void {
    this.stopping.abort();
  }
}
