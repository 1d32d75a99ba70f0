import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guardian } from '../rig/guardian.js';
import type { PostgresProcess } from '../rig/postgres-process.js';
import type { Workshop } from '../rig/workshop.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { ackedAfter, afterFault } from './postgres-killed.js';

const DISK_MB = 128;
const FULL_MS = 60_000;
const CHUNK_BYTES = 1_048_576;
const READS = 20;

/** F6: the disk of Postgres is full for some seconds. */
export const diskFull: Fault = {
  id: 'F6',
  title: 'disk of Postgres full',
  times: 3,
  async run(workshop) {
    const disk = mountSmallDisk(workshop);
    if (typeof disk !== 'string') return { kind: 'left-out', reason: disk.reason };
    const postgres = await workshop.postgres({ parent: disk, settings: ['min_wal_size=32MB', 'max_wal_size=48MB', 'wal_recycle=off'] });
    const trial = await workshop.trial(postgres.url());
    await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 2, inFlight: 16, pauseMs: 2 });
    await trial.untilAcked(500);
    const fullAt = trial.journal.now();
    const ballast = fill(disk);
    await trial.until(
      () => afterFault(trial, fullAt, (code) => code === 'UNAVAILABLE') < Infinity,
      FULL_MS,
      'a publish is refused for want of disk',
    );
    const reads = await readWhileFull(trial.readOnce.bind(trial), postgres);
    await delay(workshop.either({ short: 1_000, long: 5_000 }));
    const crashed = !postgres.isRunning;
    rmSync(ballast);
    if (crashed) await postgres.start();
    const freedAt = trial.journal.now();
    await trial.untilAcked(100);
    const resumedAfter = ackedAfter(trial, freedAt);
    await trial.markHealed();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'first refusal (ms)': afterFault(trial, fullAt, (code) => code === 'UNAVAILABLE'),
        'reads answered meanwhile': `${reads.answered} of ${reads.asked}`,
        'server ended itself': crashed ? 'yes' : 'no',
        'acknowledged again after (ms)': resumedAfter,
      },
      failures: unmet(
        [crashed || reads.answered === reads.asked, `Postgres was there, but only ${reads.answered} of ${reads.asked} reads were answered`],
        [
          Object.keys(verdict.figures.refused).every((code) => code === 'UNAVAILABLE'),
          `publishes were refused with ${Object.keys(verdict.figures.refused).join(', ')}`,
        ],
      ),
    };
  },
};

/** A file system of its own for the data directory; a sentence where this machine does not let us have one. */
function mountSmallDisk(workshop: Workshop): string | { readonly reason: string } {
  const directory = guardian.makeDirectory('disk');
  workshop.onEnd(() => guardian.removeDirectory(directory));
  chmodSync(directory, 0o711);
  const disk = join(directory, 'disk');
  mkdirSync(disk);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=0711`, 'tmpfs', disk], { encoding: 'utf8' });
  if (status !== 0)
    return {
      reason: `a small file system cannot be mounted here (${(stderr ?? '').trim()}); run as root, outside a container that forbids it`,
    };
  workshop.onEnd(() => void spawnSync('umount', ['--lazy', disk]));
  return disk;
}

/** Takes all the space that is left; answers the file that holds it. */
function fill(disk: string): string {
  const path = join(disk, 'ballast');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let size = CHUNK_BYTES; size > 0; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, chunk.subarray(0, size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  return path;
}

async function readWhileFull(
  read: (topic: string) => Promise<void>,
  postgres: PostgresProcess,
): Promise<{ readonly asked: number; readonly answered: number }> {
  let asked = 0;
  let answered = 0;
  while (asked < READS && postgres.isRunning) {
    asked += 1;
    await read(TOPICS[asked % TOPICS.length] as string).then(
      () => (answered += 1),
      () => undefined,
    );
  }
  return { asked, answered };
}
