import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiagnosisFiles } from './diagnosis-files.js';
import { eventLoopReport } from './event-loop-report.js';
import { OneAtATime } from './one-at-a-time.js';

const NEVER = new AbortController().signal;

describe('DiagnosisFiles', () => {
  let dataDir: string;
  let directory: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'waybill-diagnosis-'));
    directory = join(dataDir, 'diagnosis');
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('makes a directory for the program’s user alone, and names files by their time', async () => {
    const path = await new DiagnosisFiles(dataDir).next('cpu', 'cpuprofile', 1);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect(basename(path)).toMatch(/^cpu-\d{4}-\d\d-\d\dT[\d-]+Z\.cpuprofile$/);
  });

  it('keeps the last ten with the new one, and what is not its own', async () => {
    await mkdir(directory);
    const names = Array.from({ length: 12 }, (_, index) => {
      const time = `2026-01-${String(index + 10)}T00-00-00-000Z`;
      return index % 2 === 0 ? `heap-${time}.heapsnapshot` : `cpu-${time}.cpuprofile`;
    });
    for (const name of [...names, 'notes.txt']) await writeFile(join(directory, name), '');
    await new DiagnosisFiles(dataDir).next('heap', 'heapsnapshot', 1);
    expect((await readdir(directory)).toSorted()).toEqual([...names.slice(3), 'notes.txt'].toSorted());
  });

  it('refuses where the disk has no room', async () => {
    await expect(new DiagnosisFiles(dataDir).next('heap', 'heapsnapshot', Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/MiB of room and about \d+ MiB are needed/),
    });
  });
});

describe('OneAtATime', () => {
  it('refuses a second one while the first is under way, and takes it afterwards, a failed one included', async () => {
    const turn = new OneAtATime();
    const first = Promise.withResolvers<string>();
    const running = turn.run('a CPU profile', () => first.promise);
    await expect(turn.run('a heap snapshot', async () => 'second')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('a CPU profile has been under way'),
    });
    first.resolve('first');
    expect(await running).toBe('first');
    await expect(turn.run('a third', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await turn.run('a fourth', async () => 'fourth')).toBe('fourth');
  });
});

describe('eventLoopReport', () => {
  it('sees a stall of the window, and how busy it was', async () => {
    const report = eventLoopReport(500, NEVER);
    setTimeout(() => {
      const end = performance.now() + 200;
      while (performance.now() < end);
    }, 100);
    const { delay_ms: delay, utilization, window_ms: window } = await report;
    expect(delay.max).toBeGreaterThan(150);
    expect(delay.max).toBeLessThan(window);
    expect(utilization).toBeGreaterThan(0.2);
    expect(delay.p50).toBeLessThanOrEqual(delay.p90);
  });

  it('sees garbage collection', async () => {
    const report = eventLoopReport(500, NEVER);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Asked for: what a program must throw away before it is collected depends on all that ran in its process before.
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const { gc } = await report;
    expect(gc['major']?.count).toBeGreaterThan(0);
  });

  it('ends early when it is told to', async () => {
    const stop = new AbortController();
    const report = eventLoopReport(60_000, stop.signal);
    stop.abort();
    expect((await report).window_ms).toBeLessThan(5_000);
  });
});
