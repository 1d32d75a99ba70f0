import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, open, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogSink } from './log-sink.js';

const LINE = `${JSON.stringify({ level: 'info', msg: 'x'.repeat(200) })}\n`;

describe('LogSink', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waybill-log-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('has written everything when it is closed', async () => {
    const file = join(directory, 'log');
    const sink = new LogSink({ fd: openSync(file, 'a'), pretty: false, onDrop: () => expect.fail('dropped a line') });
    for (let index = 0; index < 5_000; index += 1) sink.write(`line ${index}\n`);
    await sink.close();
    sink.write('after the end\n');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(5_001);
  });

  it('formats for people where it is told to', async () => {
    const file = join(directory, 'log');
    const sink = new LogSink({ fd: openSync(file, 'a'), pretty: true, onDrop: () => undefined });
    sink.write('{"level":"info","time":"2026-01-01T00:00:00.000Z","msg":"ready","port":8080}\n');
    await sink.close();
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('ready');
    expect(text).not.toContain('{"level"');
  });

  /** A pipe whose reader holds its end open and never reads: it fills, and a blocking write to it would wait for ever. */
  async function unreadPipe(): Promise<{ fd: number; reader: ChildProcess }> {
    const pipe = join(directory, 'pipe');
    await once(spawn('mkfifo', [pipe]), 'exit');
    const program = `require('fs').openSync(${JSON.stringify(pipe)}, 'r'); setInterval(() => {}, 1000);`;
    const reader = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    // Opening for writing waits for the reader.
    return { fd: await promisify(open)(pipe, 'w'), reader };
  }

  async function kill(reader: ChildProcess): Promise<void> {
    reader.kill('SIGKILL');
    await once(reader, 'exit');
  }

  it('drops and counts where nobody reads, without waiting, and still stops', async () => {
    const { fd, reader } = await unreadPipe();
    let dropped = 0;
    const sink = new LogSink({ fd, pretty: false, bufferBytes: 100_000, onDrop: () => (dropped += 1) });
    const startedAt = performance.now();
    for (let index = 0; index < 20_000; index += 1) sink.write(LINE);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(dropped).toBeGreaterThan(15_000);
    const closedAt = performance.now();
    await sink.close();
    expect(performance.now() - closedAt).toBeLessThan(3_000);
    await kill(reader);
  });

  it('goes on where the reader has gone', async () => {
    const { fd, reader } = await unreadPipe();
    await kill(reader);
    let dropped = 0;
    const sink = new LogSink({ fd, pretty: false, onDrop: () => (dropped += 1) });
    sink.write(LINE);
    await expect.poll(() => dropped).toBeGreaterThan(0);
    sink.write(LINE);
    await sink.close();
  });
});
