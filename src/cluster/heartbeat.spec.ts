import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Heartbeat } from './heartbeat.js';

function started(beat: () => Promise<void>, everyMs: number, longestMs: number): Heartbeat {
  const heartbeat = new Heartbeat(beat, { everyMs, longestMs });
  onTestFinished(() => heartbeat.stop());
  heartbeat.start();
  return heartbeat;
}

describe('a heartbeat', () => {
  it('never runs twice at a time and gives a peer that answers slowly as much rest as it took: one of 100 ms does not exhaust its node', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let [running, most, beats] = [0, 0, 0];
    // Nobody is held up meanwhile: each beat waits for two seconds, as for a Redis that is overloaded.
    started(
      async () => {
        beats += 1;
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        running -= 1;
      },
      100,
      7_500,
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(most).toBe(1);
    // 600, were it asked every 100 ms; 30, were it asked again as soon as it has answered.
    expect(beats).toBeGreaterThan(10);
    expect(beats).toBeLessThanOrEqual(16);
  });

  it('is waited for longer each time that it is refused, up to a bound, and is quick again once it is not', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let refuses = true;
    const times: number[] = [];
    started(
      async () => {
        times.push(Date.now());
        if (refuses) throw new Error('refused');
      },
      100,
      1_600,
    );
    await vi.advanceTimersByTimeAsync(10_000);
    const pauses = times.slice(1).map((at, index) => at - (times[index] as number));
    for (const [index, longest] of [200, 400, 800, 1_600, 1_600].entries()) {
      expect(pauses[index]).toBeLessThanOrEqual(longest);
      expect(pauses[index]).toBeGreaterThanOrEqual(longest * 0.9 - 1);
    }
    refuses = false;
    await vi.advanceTimersByTimeAsync(1_600);
    times.length = 0;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(times.length).toBeGreaterThanOrEqual(9);
  });

  it('comes at once when it is asked for: once more after one that is under way, whoever asks', async () => {
    const ends: (() => void)[] = [];
    const heartbeat = started(() => new Promise<void>((resolve) => ends.push(resolve)), 60_000, 60_000);
    const first = heartbeat.now();
    const [second, third] = [heartbeat.now(), heartbeat.now()];
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await first;
    await vi.waitFor(() => expect(ends).toHaveLength(2));
    ends[1]?.();
    await Promise.all([second, third]);
    await sleep(5);
    expect(ends).toHaveLength(2);
  });

  it('ends when the one under way has', async () => {
    let done = false;
    const heartbeat = new Heartbeat(
      async () => {
        await sleep(20);
        done = true;
      },
      { everyMs: 1, longestMs: 1 },
    );
    void heartbeat.now();
    await heartbeat.stop();
    expect(done).toBe(true);
    done = false;
    await heartbeat.now();
    await sleep(10);
    expect(done).toBe(false);
  });
});
