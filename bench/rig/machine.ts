import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from './median.ts';

/** Magic numbers of statfs(2). */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x01021994, 'tmpfs (in memory: fsync costs nothing there)'],
  [0x794c7630, 'overlayfs'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
]);
const PAGE = Buffer.alloc(8_192, 1);
const SYNCS = 100;
const GIB = 2 ** 30;

/** What a figure depends on, one line each. `directory` is where the database writes. */
export function machineFacts(directory: string, postgresVersion: string): readonly string[] {
  return [
    `CPU: ${cpus().length} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}; memory ${Math.round(totalmem() / GIB)} GiB`,
    `Kernel: Linux ${release()}; load average at the start ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0] ?? '?'}`,
    `Node ${process.versions.node}; Postgres ${postgresVersion}, fsync on, synchronous_commit on`,
    `Database on ${fileSystem(directory)}; write and fsync of 8 KiB: median ${syncMicroseconds(directory)} µs`,
  ];
}

function fileSystem(directory: string): string {
  const { type } = statfsSync(directory);
  return FILE_SYSTEMS.get(type) ?? `a file system of type 0x${type.toString(16)}`;
}

/** The floor under every commit. */
function syncMicroseconds(directory: string): number {
  const path = join(directory, 'fsync-probe');
  const file = openSync(path, 'w');
  try {
    const took = Array.from({ length: SYNCS }, () => {
      const startedAt = performance.now();
      writeSync(file, PAGE);
      fsyncSync(file);
      return performance.now() - startedAt;
    });
    return Math.round(median(took) * 1_000);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
