import { describe, expect, it } from 'vitest';
import { CircuitBreaker, type CircuitClock } from './circuit-breaker.js';

/** A clock that the test moves. */
class HandClock implements CircuitClock {
  private now = 0;
  private readonly appointments = new Set<{ readonly at: number; readonly work: () => void }>();

  after(delayMs: number, work: () => void): () => void {
    const appointment = { at: this.now + delayMs, work };
    this.appointments.add(appointment);
    return () => this.appointments.delete(appointment);
  }

  get pending(): number {
    return this.appointments.size;
  }

  /** Lets time pass, then what was promised meanwhile. */
  async pass(milliseconds: number): Promise<void> {
    this.now += milliseconds;
    for (const appointment of this.appointments) {
      if (appointment.at > this.now) continue;
      this.appointments.delete(appointment);
      appointment.work();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function setUp() {
  const clock = new HandClock();
  const events: string[] = [];
  const probes: { readonly answer: () => void; readonly fail: (problem: string) => void }[] = [];
  const breaker = new CircuitBreaker({
    probeIntervalMs: 500,
    probe: () =>
      new Promise<void>((resolve, reject) => {
        probes.push({ answer: resolve, fail: (problem) => reject(new Error(problem)) });
      }),
    onOpen: (problem) => events.push(`open: ${problem}`),
    onClose: () => events.push('closed'),
    clock,
  });
  return { clock, events, probes, breaker };
}

describe('a circuit breaker', () => {
  it('is closed at first, and asks nothing', () => {
    const { breaker, clock, probes } = setUp();
    expect([breaker.state, breaker.problem, clock.pending, probes.length]).toEqual(['closed', undefined, 0, 0]);
  });

  it('opens once, probes at once and then in its interval, and closes by a probe alone', async () => {
    const { breaker, clock, probes, events } = setUp();
    breaker.open('refused');
    breaker.open('refused again');
    expect([breaker.state, breaker.problem]).toEqual(['open', 'refused']);
    await clock.pass(0);
    expect([breaker.state, probes.length]).toEqual(['half_open', 1]);
    probes[0]?.fail('still refused');
    await clock.pass(0);
    expect([breaker.state, breaker.problem]).toEqual(['open', 'still refused']);
    await clock.pass(499);
    expect(probes).toHaveLength(1);
    await clock.pass(1);
    expect([breaker.state, probes.length]).toEqual(['half_open', 2]);
    probes[1]?.answer();
    await clock.pass(0);
    expect([breaker.state, breaker.problem, clock.pending]).toEqual(['closed', undefined, 0]);
    expect(events).toEqual(['open: refused', 'closed']);
  });

  it('has one probe under way, however long it takes', async () => {
    const { breaker, clock, probes } = setUp();
    breaker.open('silent');
    await clock.pass(60_000);
    await clock.pass(60_000);
    expect(probes).toHaveLength(1);
  });

  it('opens again after it closed', async () => {
    const { breaker, clock, probes, events } = setUp();
    for (const problem of ['first', 'second']) {
      breaker.open(problem);
      await clock.pass(0);
      probes.at(-1)?.answer();
      await clock.pass(0);
    }
    expect(events).toEqual(['open: first', 'closed', 'open: second', 'closed']);
  });

  it('goes on as it was where what it suspected answers, and opens where not', async () => {
    const { breaker, clock, probes, events } = setUp();
    void breaker.suspect();
    void breaker.suspect();
    expect([breaker.state, probes.length]).toEqual(['closed', 1]);
    probes[0]?.answer();
    await clock.pass(0);
    expect([breaker.state, events]).toEqual(['closed', []]);
    void breaker.suspect();
    probes[1]?.fail('gone');
    await clock.pass(0);
    expect(events).toEqual(['open: gone']);
  });

  it('does not take the answer to an earlier suspicion for one of its own', async () => {
    const { breaker, clock, probes } = setUp();
    void breaker.suspect();
    breaker.open('refused');
    await clock.pass(0);
    probes[0]?.answer();
    await clock.pass(0);
    expect([breaker.state, probes.length]).toEqual(['open', 1]);
    await clock.pass(500);
    probes[1]?.answer();
    await clock.pass(0);
    expect(breaker.state).toBe('closed');
  });

  it('asks nothing more once it is stopped', async () => {
    const { breaker, clock, probes, events } = setUp();
    breaker.open('refused');
    breaker.stop();
    await clock.pass(10_000);
    void breaker.suspect();
    breaker.open('again');
    expect([probes.length, clock.pending, events]).toEqual([0, 0, ['open: refused']]);
  });
});
